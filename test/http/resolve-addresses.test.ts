import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addressResolver } from '../../src/http/resolve-addresses.ts';
import { type DnsAnswers, type DnsServer, startDnsServer } from '../helpers/dns-server.ts';
import { until } from '../helpers/until.ts';

const NEVER = new AbortController().signal;
const V4 = { address: '93.184.216.34', family: 4 };
const V6 = { address: '2606:2800:220:1:248:1893:25c8:1946', family: 6 };

const NAMES: Readonly<Record<string, ReturnType<DnsAnswers>>> = {
  'both.test': [V4.address, V6.address],
  'four.test': [V4.address],
  'six.test': [V6.address],
  'silent.test': null,
  'failing.test': 'SERVFAIL',
  'refused.test': 'REFUSED',
  'hosts.test': ['93.184.216.34'],
};

let dns: DnsServer;
let folder: string;
let hostsFile: string;

beforeAll(async () => {
  dns = await startDnsServer((name) => NAMES[name] ?? (name in NAMES ? null : []));
  folder = await mkdtemp(join(tmpdir(), 'hosts-'));
  hostsFile = join(folder, 'hosts');
  await writeFile(
    hostsFile,
    '10.1.2.3\tHosts.test other # hosts.test\n::1 hosts.test\nnonsense hosts.test\n',
  );
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await dns.close();
});

/** @param lookUpInSystem what the system says of names that nobody else knows */
function resolver(lookUpInSystem: (hostname: string) => Promise<(typeof V4)[]> = async () => []) {
  return addressResolver({ hostsFile, nameServers: [dns.nameServer], lookUpInSystem });
}

describe('the addresses of a name', () => {
  it.each([
    ['both.test', [V4, V6]],
    ['four.test', [V4]],
    ['six.test', [V6]],
  ])('are those of both families that the name servers know: %s', async (name, addresses) => {
    expect(await resolver()(name, NEVER)).toEqual(addresses);
  });

  it.each(['hosts.test', 'HOSTS.TEST'])('stand in the hosts file before all: %s', async (name) => {
    const addresses = [
      { address: '10.1.2.3', family: 4 },
      { address: '::1', family: 6 },
    ];
    expect(await resolver()(name, NEVER)).toEqual(addresses);
    expect(dns.asked.has('hosts.test')).toBe(false);
  });

  it.each(['failing.test', 'refused.test'])(
    'come from the system, too, when a name server will not answer: %s',
    async (name) => {
      expect(await resolver(async () => [V4])(name, NEVER)).toEqual([V4]);
    },
  );

  it('come from the system when nobody else knows the name', async () => {
    const asked: string[] = [];
    const resolve = resolver(async (name) => {
      asked.push(name);
      return [V4];
    });
    expect(await resolve('search-domain', NEVER)).toEqual([V4]);
    await resolve('both.test', NEVER);
    await resolve('hosts.test', NEVER);
    expect(asked).toEqual(['search-domain']);
  });
});

describe('a look-up', () => {
  it('that the signal ends asks the name servers nothing more', async () => {
    const stop = new AbortController();
    const answer = resolver()('silent.test', stop.signal);
    await until(() => dns.asked.has('silent.test'));
    stop.abort();
    await expect(answer).rejects.toMatchObject({ code: 'ECANCELLED' });
    await expect(resolver()('both.test', stop.signal)).rejects.toThrow('aborted');
  });

  it('that the name servers fail is not left to the system', async () => {
    let asked = 0;
    const lookUpInSystem = async () => {
      asked += 1;
      return [V4];
    };
    const resolve = addressResolver({ hostsFile, nameServers: ['127.0.0.1:1'], lookUpInSystem });
    await expect(resolve('both.test', NEVER)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(asked).toBe(0);
  });

  it('of the system waits for the one before, however long nobody has waited for that', async () => {
    const ends: (() => void)[] = [];
    const resolve = resolver(() => new Promise((end) => ends.push(() => end([V4]))));
    const stop = new AbortController();
    const first = resolve('hanging', stop.signal);
    await until(() => ends.length === 1);
    const impatient = resolve('impatient', stop.signal);
    const second = resolve('patient', NEVER);
    await until(() => dns.asked.has('patient') && dns.asked.has('impatient'));
    stop.abort();
    await expect(impatient).rejects.toThrow('aborted');
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await first;
    await until(() => ends.length === 2);
    ends[1]?.();
    expect(await second).toEqual([V4]);
  });
});
