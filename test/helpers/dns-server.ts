/** A DNS server on loopback for tests of name look-ups: answers A and AAAA as it is told, and counts what it was asked. */
import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { addressResolver, type ResolveAddresses } from '../../src/http/resolve-addresses.ts';

export interface DnsServer {
  /** Its address and port. */
  readonly nameServer: string;
  /** Look-ups that go to this server and nowhere else. */
  readonly resolve: ResolveAddresses;
  /** Questions for A records so far, by name. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Addresses of a name, a refusal, or null for no answer at all; `count` is 1 for the first question. */
export type DnsAnswers = (name: string, count: number) => readonly string[] | 'SERVFAIL' | 'REFUSED' | null;

const TYPE_A = 1;
const RESPONSE_CODES = { SERVFAIL: 2, REFUSED: 5 };

export async function startDnsServer(answers: DnsAnswers): Promise<DnsServer> {
  const asked = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (query, client) => {
    const { name, type, questionEnd } = readQuestion(query);
    if (type === TYPE_A) asked.set(name, (asked.get(name) ?? 0) + 1);
    const known = answers(name, asked.get(name) ?? 1);
    if (known === null) return;
    const code = typeof known === 'string' ? RESPONSE_CODES[known] : 0;
    const addresses =
      typeof known === 'string' ? [] : known.filter((address) => isIPv4(address) === (type === TYPE_A));
    const answer = response(query.subarray(0, questionEnd), code, type, addresses);
    socket.send(answer, client.port, client.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));

  const nameServer = `127.0.0.1:${socket.address().port}`;
  const lookUpInSystem = async () => [];
  return {
    nameServer,
    resolve: addressResolver({ hostsFile: '/dev/null', nameServers: [nameServer], lookUpInSystem }),
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** The one question of a query (RFC 1035, 4.1.2): labels with their lengths, then type and class. */
function readQuestion(query: Buffer): { name: string; type: number; questionEnd: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), questionEnd: at + 5 };
}

function response(query: Buffer, code: number, type: number, addresses: readonly string[]): Buffer {
  const head = Buffer.from(query);
  // A response, authoritative, recursion available; one question, our answers, nothing else.
  head.writeUInt16BE(0x8580 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...addresses.map((address) => record(type, addressBytes(address)))]);
}

/** A resource record that points back to the question's name, with no time to live: nothing may be cached. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = '', after = ''] = canonical.split('::');
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(before), groups(after)];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  const bytes = Buffer.alloc(16);
  for (const [i, group] of [...head, ...zeros, ...tail].entries()) bytes.writeUInt16BE(group, i * 2);
  return bytes;
}
