/** Finds a receiver's addresses on no thread of the pool, where look-ups of the queue and the buckets would wait behind it. */
import type { LookupAddress } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Turns } from '../callback/turns.ts';

/**
 * Resolves to every address that the name has.
 * Rejects with an error whose `code` is DNS's word for what is wrong (ENOTFOUND, ETIMEOUT), also when the signal ends the look-up.
 */
export type ResolveAddresses = (hostname: string, signal: AbortSignal) => Promise<readonly LookupAddress[]>;

export interface AddressSources {
  /** Names and addresses of this machine, hosts(5). */
  readonly hostsFile?: string;
  /** Name servers, with or without a port; the system's by default. */
  readonly nameServers?: readonly string[];
  /** The system's own look-up, on a thread of the pool. It cannot be cancelled. */
  readonly lookUpInSystem?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

/** The second try takes twice as long: three servers that answer for one family only are given up within an attempt's 15 s. */
const PATIENCE = { timeout: 1000, tries: 2 };

/** The name has no address that the name servers know of; some of them refuse names without a domain, or fail at them. */
const UNKNOWN_CODES = new Set(['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'EREFUSED']);

/**
 * Looks into the hosts file, then asks the name servers, as the system would. Only a name that neither knows is left to the system
 * itself, which knows of search domains and further sources: one at a time, so that it never takes more than one thread.
 */
export function addressResolver({
  hostsFile = '/etc/hosts',
  nameServers,
  lookUpInSystem = (hostname) => lookup(hostname, { all: true }),
}: AddressSources = {}): ResolveAddresses {
  const systemTurns = new Turns(1);
  return async (hostname, signal) => {
    const local = await readHostsFile(hostsFile, hostname);
    if (local.length > 0) return local;
    const answer = await askNameServers(hostname, nameServers, signal);
    if (answer.length > 0) return answer;
    // Its turn lasts as long as the look-up, also when nobody waits for that any more.
    return await systemTurns.take(() => lookUpInSystem(hostname), signal);
  };
}

async function readHostsFile(file: string, hostname: string): Promise<LookupAddress[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const isNamed = names.some((name) => name.toLowerCase() === hostname.toLowerCase());
    return isNamed && isIP(address) !== 0 ? [{ address, family: isIP(address) }] : [];
  });
}

/** Empty when the name servers know no address of the name. */
async function askNameServers(
  hostname: string,
  nameServers: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<LookupAddress[]> {
  signal.throwIfAborted();
  const resolver = new Resolver(PATIENCE);
  if (nameServers !== undefined) resolver.setServers(nameServers);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  signal.removeEventListener('abort', cancel);

  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return addresses.map((address) => ({ address, family: isIP(address) }));
  for (const answer of answers) {
    if (answer.status === 'rejected' && !UNKNOWN_CODES.has(answer.reason.code)) throw answer.reason;
  }
  return [];
}
