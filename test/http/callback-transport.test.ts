import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AttemptOutcome } from '../../src/callback/ports.ts';
import { HttpCallbackTransport } from '../../src/http/callback-transport.ts';
import { type DnsServer, startDnsServer } from '../helpers/dns-server.ts';
import { until } from '../helpers/until.ts';

const NEVER = new AbortController().signal;
const BODY = Buffer.from('{"type":"detection.completed"}');

/** Names of the test's own DNS server. A rebinding name is public at the first look-up and private at the second. */
const NAMES: Readonly<Record<string, (count: number) => readonly string[] | null>> = {
  'loopback.test': () => ['127.0.0.1'],
  'loopback6.test': () => ['::1'],
  'private.test': () => ['10.1.2.3'],
  'metadata.test': () => ['169.254.169.254'],
  'container.test': () => ['169.254.170.2'],
  'metadata6.test': () => ['fd00:ec2::254'],
  'mapped.test': () => ['::ffff:127.0.0.1'],
  'nat64.test': () => ['64:ff9b::a9fe:a9fe'],
  '6to4.test': () => ['2002:a9fe:a9fe::1'],
  'linklocal6.test': () => ['fe80::1'],
  'mixed.test': () => ['93.184.216.34', '10.0.0.1'],
  'mixed6.test': () => ['93.184.216.34', '::1'],
  'rebinding.test': (count) => (count % 2 === 1 ? ['93.184.216.34'] : ['127.0.0.1']),
  'nowhere.test': () => [],
  'silent.test': () => null,
};

let dns: DnsServer;
/** A server on loopback that must never hear of a blocked callback. */
let inner: Server;
let innerPort = 0;
let innerRequests = 0;
let answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end();

beforeAll(async () => {
  dns = await startDnsServer((name, count) => (NAMES[name] ?? (() => []))(count));
  inner = createServer((request, response) => {
    innerRequests += 1;
    request.resume();
    answer(response);
  });
  await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
  innerPort = (inner.address() as AddressInfo).port;
});
afterEach(() => {
  innerRequests = 0;
  answer = (response) => response.writeHead(204).end();
});
afterAll(async () => {
  inner.closeAllConnections();
  await new Promise((resolve) => inner.close(resolve));
  await dns.close();
});

function transport(allowHosts: readonly string[] = [], timeoutMs = 2000): HttpCallbackTransport {
  return new HttpCallbackTransport({ timeoutMs, allowHosts, resolve: dns.resolve });
}

async function reasonOf(outcome: Promise<AttemptOutcome>): Promise<string> {
  const ended = await outcome;
  return ended.name === 'failed' ? ended.reason : ended.name;
}

describe('a callback to an address that is not public', () => {
  it.each([
    ['loopback', 'https://127.0.0.1/hook'],
    ['loopback by name', 'https://loopback.test/hook'],
    ['IPv6 loopback by name', 'https://loopback6.test/hook'],
    ['loopback, another of its addresses', 'https://127.8.9.10/hook'],
    ['loopback in decimal', 'https://2130706433/hook'],
    ['loopback in octal', 'https://0177.0.0.1/hook'],
    ['loopback in octal throughout', 'https://017700000001/hook'],
    ['loopback in hex', 'https://0x7f000001/hook'],
    ['loopback in mixed bases', 'https://0x7f.0.0.1/hook'],
    ['loopback with parts left out', 'https://127.1/hook'],
    ['loopback with a dot at the end', 'https://127.0.0.1./hook'],
    ['loopback in full-width digits', 'https://１２７.０.０.１/hook'],
    ['loopback in circled digits', 'https://①②⑦.⓪.⓪.①/hook'],
    ['loopback in percent encoding', 'https://%31%32%37.0.0.1/hook'],
    ['IPv6 loopback', 'https://[::1]/hook'],
    ['IPv6 loopback in full', 'https://[0:0:0:0:0:0:0:1]/hook'],
    ['the unspecified address', 'https://0.0.0.0/hook'],
    ['the unspecified address in short', 'https://0/hook'],
    ['the unspecified IPv6 address', 'https://[::]/hook'],
    ['IPv4-mapped loopback', 'https://[::ffff:127.0.0.1]/hook'],
    ['IPv4-mapped loopback in hex', 'https://[::ffff:7f00:1]/hook'],
    ['IPv4-mapped loopback by name', 'https://mapped.test/hook'],
    ['IPv4-compatible loopback', 'https://[::127.0.0.1]/hook'],
    ['IPv4-translated loopback', 'https://[::ffff:0:127.0.0.1]/hook'],
    ['NAT64 loopback', 'https://[64:ff9b::127.0.0.1]/hook'],
    ['local-use NAT64', 'https://[64:ff9b:1::10.0.0.1]/hook'],
    ['6to4 of a private address', 'https://[2002:0a00:0001::1]/hook'],
    ['Teredo', 'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/hook'],
    ['private, 10/8', 'https://10.0.0.1/hook'],
    ['private, 10/8, by name', 'https://private.test/hook'],
    ['private, 172.16/12', 'https://172.31.255.254/hook'],
    ['private, 192.168/16', 'https://192.168.1.1/hook'],
    ['carrier-grade NAT', 'https://100.64.0.1/hook'],
    ['Alibaba’s metadata', 'https://100.100.100.200/hook'],
    ['a unique local IPv6 address', 'https://[fc00::1]/hook'],
    ['site-local IPv6', 'https://[fec0::1]/hook'],
    ['benchmarking', 'https://198.18.0.1/hook'],
    ['documentation', 'https://192.0.2.1/hook'],
    ['documentation, IPv6', 'https://[2001:db8::1]/hook'],
    ['multicast', 'https://224.0.0.1/hook'],
    ['multicast, IPv6', 'https://[ff02::1]/hook'],
    ['broadcast', 'https://255.255.255.255/hook'],
    ['a public and a private address under one name', 'https://mixed.test/hook'],
    ['a public and an IPv6 loopback address under one name', 'https://mixed6.test/hook'],
  ])('is blocked: %s', async (_, url) => {
    const reason = await reasonOf(transport().post(url, {}, BODY, NEVER));
    expect(reason).toMatch(/is blocked: it leads to .* not public/);
  });

  it.each([
    ['instance metadata', 'http://169.254.169.254/latest/meta-data/'],
    ['instance metadata in decimal', 'http://2852039166/latest/'],
    ['instance metadata in hex', 'http://0xa9fea9fe/latest/'],
    ['instance metadata by name', 'http://metadata.test/latest/'],
    ['container credentials', 'http://169.254.170.2/v2/credentials'],
    ['container credentials by name', 'http://container.test/'],
    ['pod identity', 'http://169.254.170.23/v1/credentials'],
    ['any other link-local address', 'http://169.254.0.7/'],
    ['IPv6 instance metadata', 'http://[fd00:ec2::254]/latest/'],
    ['IPv6 instance metadata by name', 'http://metadata6.test/latest/'],
    ['link-local IPv6', 'http://[fe80::1]/'],
    ['link-local IPv6 by name', 'http://linklocal6.test/'],
    ['IPv4-mapped metadata', 'http://[::ffff:169.254.169.254]/'],
    ['IPv4-compatible metadata', 'http://[::169.254.169.254]/'],
    ['IPv4-translated metadata', 'http://[::ffff:0:169.254.169.254]/'],
    ['metadata through NAT64', 'http://[64:ff9b::169.254.169.254]/'],
    ['metadata through NAT64, by name', 'http://nat64.test/'],
    ['metadata through 6to4', 'http://[2002:a9fe:a9fe::1]/'],
    ['metadata through 6to4, by name', 'http://6to4.test/'],
  ])('is blocked even when its host is allowed: %s', async (_, url) => {
    const { hostname } = new URL(url);
    const reason = await reasonOf(transport([hostname]).post(url, {}, BODY, NEVER));
    expect(reason).toMatch(/is blocked: it leads to .*, an address callbacks may never reach/);
  });

  it('is blocked when the name turns private between two look-ups', async () => {
    const rebinding = transport(['rebinding.test'], 300);
    // The first look-up gives a public address that nobody answers at from here; what counts is the second.
    await rebinding.post(`https://rebinding.test:${innerPort}/`, {}, BODY, NEVER);
    const reason = await reasonOf(transport().post(`https://rebinding.test:${innerPort}/`, {}, BODY, NEVER));
    expect(reason).toContain('127.0.0.1, which is not public');
    expect(dns.asked.get('rebinding.test')).toBe(2);
    expect(innerRequests).toBe(0);
  });

  it('is connected to the very address that was checked: there is one look-up', async () => {
    const before = dns.asked.get('loopback.test') ?? 0;
    const url = `http://loopback.test:${innerPort}/hook`;
    expect(await transport(['loopback.test']).post(url, {}, BODY, NEVER)).toEqual({ name: 'taken' });
    expect(dns.asked.get('loopback.test')).toBe(before + 1);
  });
});

describe('a callback URL', () => {
  it.each([
    ['http://example.com/hook', 'it is not https'],
    ['ftp://example.com/hook', 'use https'],
    ['file:///etc/passwd', 'use https'],
    ['gopher://127.0.0.1:25/_HELO', 'use https'],
    ['https://user:password@example.com/hook', 'contains credentials'],
    ['https://user@example.com/hook', 'contains credentials'],
  ])('%s is blocked', async (url, why) => {
    expect(await reasonOf(transport().post(url, {}, BODY, NEVER))).toContain(why);
  });

  it('is named when it is blocked, without its secrets', async () => {
    const url = 'https://user:password@10.0.0.1:8443/hooks/detection?token=abc#part';
    const reason = await reasonOf(transport().post(url, {}, BODY, NEVER));
    expect(reason).toMatch(/^https:\/\/10\.0\.0\.1:8443\/hooks\/detection is blocked/);
  });

  it.each(['not a url', 'https://', 'https://[fe80::1%25eth0]/', 'https://256.256.256.256/'])(
    'that is none is a failed attempt: %s',
    async (url) => {
      expect(await reasonOf(transport().post(url, {}, BODY, NEVER))).toBe('the callback URL is no URL');
    },
  );

  it('without an address is a failed attempt', async () => {
    const reason = await reasonOf(transport().post('https://nowhere.test/', {}, BODY, NEVER));
    expect(reason).toBe('the request failed (ENOTFOUND)');
  });
});

describe('an allowed host', () => {
  it('is served without TLS and at a private address, by name, by address, and with its port', async () => {
    for (const [host, allowed] of [
      ['loopback.test', 'loopback.test'],
      ['127.0.0.1', '127.0.0.1'],
      ['127.0.0.1', `127.0.0.1:${innerPort}`],
      ['LOOPBACK.test', 'Loopback.Test'],
    ] as const) {
      const url = `http://${host}:${innerPort}/hook`;
      expect(await transport([allowed]).post(url, {}, BODY, NEVER)).toEqual({ name: 'taken' });
    }
    expect(innerRequests).toBe(4);
  });

  it('opens no other host and no other port', async () => {
    for (const allowed of ['other.test', '127.0.0.1:1', '127.0.0.1']) {
      const url = `http://loopback.test:${innerPort}/hook`;
      expect(await reasonOf(transport([allowed]).post(url, {}, BODY, NEVER))).toContain('is blocked');
    }
    expect(innerRequests).toBe(0);
  });
});

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const EARLY_HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n';
const hangUp = (socket: Socket) => socket.destroy();

describe('a receiver', () => {
  const post = (timeoutMs = 2000, signal = NEVER) =>
    transport(['127.0.0.1'], timeoutMs).post(`http://127.0.0.1:${innerPort}/hook`, {}, BODY, signal);

  it.each([301, 302, 303, 307, 308])('that redirects with %i is not followed', async (status) => {
    answer = (response) => response.writeHead(status, { location: `http://127.0.0.1:${innerPort}/` }).end();
    expect(await reasonOf(post())).toBe(`it answered HTTP ${status}; redirects are not followed`);
    expect(innerRequests).toBe(1);
  });

  it('that says 410 wants no more', async () => {
    answer = (response) => response.writeHead(410).end();
    expect(await post()).toEqual({ name: 'unwanted' });
  });

  it('may name the time of the next attempt, in seconds or as a date', async () => {
    answer = (response) => response.writeHead(429, { 'retry-after': '120' }).end();
    expect(await post()).toMatchObject({ name: 'failed', retryAfterSeconds: 120 });
    const date = new Date(Date.now() + 90_000).toUTCString();
    answer = (response) => response.writeHead(503, { 'retry-after': date }).end();
    const outcome = await post();
    expect(outcome.name === 'failed' ? outcome.retryAfterSeconds : null).toBeGreaterThan(80);
    answer = (response) => response.writeHead(503, { 'retry-after': 'soon' }).end();
    expect(await post()).toMatchObject({ retryAfterSeconds: null });
    answer = (response) => response.writeHead(503, { 'retry-after': '999999999' }).end();
    expect(await post()).toMatchObject({ retryAfterSeconds: 86_400 });
  });

  it('that hangs costs the timeout and no more', async () => {
    answer = () => {};
    expect(await reasonOf(post(100))).toBe('no answer within 100 ms');
  });

  it('that sends its headers drop by drop costs the timeout and no more', async () => {
    const url = await startRawServer((socket) => {
      const timer = setInterval(() => socket.write('H'), 10);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await reasonOf(transport(['127.0.0.1'], 150).post(url, {}, BODY, NEVER))).toMatch(
      /no answer|not HTTP/,
    );
  });

  it('whose answer is endless is cut off', async () => {
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    answer = (response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        sent += chunk.length;
        response.write(chunk, (error) => (error ? undefined : setImmediate(more)));
      };
      response.on('close', closed.resolve);
      more();
    };
    expect(await post()).toEqual({ name: 'taken' });
    await closed.promise;
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it('whose answer’s body never ends has taken the event, and is cut off at the timeout', async () => {
    const closed = Promise.withResolvers<void>();
    answer = (response) => {
      response.writeHead(200).write('x');
      response.on('close', closed.resolve);
    };
    expect(await post()).toEqual({ name: 'taken' });
    await closed.promise;
  });

  it.each([
    ['something that is no HTTP', 'SECRET of another protocol\r\n\r\n', 'the answer is not HTTP'],
    [
      'endless headers',
      `HTTP/1.1 200 OK\r\nx: ${'SECRET'.repeat(20_000)}`,
      'the answer’s headers are too long',
    ],
  ])('that answers with %s fails, and nothing of the answer is kept', async (_, text, reason) => {
    const url = await startRawServer((socket) => socket.write(text));
    const outcome = await transport(['127.0.0.1']).post(url, {}, BODY, NEVER);
    expect(outcome).toEqual({ name: 'failed', reason, retryAfterSeconds: null });
  });

  it.each([
    ['switches to another protocol', SWITCH],
    ['switches after it has said that it goes on', CONTINUE + SWITCH],
    ['announces an answer and hangs up', CONTINUE + EARLY_HINTS, hangUp],
    ['hangs up in the middle of its headers', 'HTTP/1.1 200 OK\r\nconte', hangUp],
    ['hangs up at once', '', hangUp],
    ['ends what it says before it has said anything', '', (socket: Socket) => socket.end()],
  ])('that %s fails', async (_, text, then: (socket: Socket) => void = () => {}) => {
    const url = await startRawServer((socket) => socket.write(text, () => then(socket)));
    expect(await reasonOf(transport(['127.0.0.1']).post(url, {}, BODY, NEVER))).toBe(
      'the request failed (ECONNRESET)',
    );
  });

  it('whose name server hangs costs the timeout and no more, and no thread that others wait for', async () => {
    const outcome = transport([], 300).post('https://silent.test/', {}, BODY, NEVER);
    await until(() => (dns.asked.get('silent.test') ?? 0) > 0);
    expect(process.getActiveResourcesInfo()).not.toContain('GetAddrInfoReqWrap');
    expect(await reasonOf(outcome)).toBe('no answer within 300 ms');
  });

  it('that is not there fails', async () => {
    const outcome = transport(['127.0.0.1']).post('http://127.0.0.1:1/', {}, BODY, NEVER);
    expect(await reasonOf(outcome)).toBe('the request failed (ECONNREFUSED)');
  });

  it('without the certificate of its name fails', async () => {
    const outcome = transport(['127.0.0.1']).post(`https://127.0.0.1:${innerPort}/`, {}, BODY, NEVER);
    expect(await reasonOf(outcome)).toMatch(/^the request failed \(\w+\)$/);
  });

  it('is left at once when the job is stopped', async () => {
    const stop = new AbortController();
    answer = () => stop.abort(new Error('stopped'));
    await expect(post(2000, stop.signal)).rejects.toThrow('stopped');
    await expect(post(2000, stop.signal)).rejects.toThrow('stopped');
  });
});

const rawServers: ReturnType<typeof createTcpServer>[] = [];
const rawSockets = new Set<Socket>();
afterAll(() => {
  for (const socket of rawSockets) socket.destroy();
  for (const server of rawServers) server.close();
});

/** A server below HTTP: it says what it is told to whoever connects. */
async function startRawServer(talk: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    rawSockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => talk(socket));
  });
  rawServers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}
