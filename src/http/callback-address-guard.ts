/** Decides which URLs and addresses a callback may reach, and makes sure that the checked address is the one connected to. */
import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { AddressRanges } from './address-ranges.ts';
import { embeddedIpv4 } from './embedded-ipv4.ts';
import { addressResolver, type ResolveAddresses } from './resolve-addresses.ts';

/** Credentials lie behind these (instance metadata, container credentials, link-local neighbours): no setting opens them. */
const FORBIDDEN_RANGES = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32'];

/**
 * What is not the public internet: IANA's special-purpose registries (RFC 6890) and multicast. Of IPv6 everything outside
 * 2000::/3, the only part given out so far, and inside it whatever is special or carries IPv4.
 */
const NON_PUBLIC_RANGES = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/3',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '4000::/2',
  '8000::/1',
];

/** A callback that is refused before anything is sent. Its message names the URL, without query and credentials. */
export class BlockedUrlError extends Error {}

export class CallbackAddressGuard {
  readonly #forbidden = new AddressRanges(FORBIDDEN_RANGES);
  readonly #nonPublic = new AddressRanges(NON_PUBLIC_RANGES);
  readonly #allowHosts: ReadonlySet<string>;
  readonly #resolve: ResolveAddresses;

  /** @param allowHosts hosts, as they stand in URLs with or without a port, that may be private, loopback and without TLS */
  constructor(allowHosts: readonly string[], resolve: ResolveAddresses = addressResolver()) {
    this.#allowHosts = new Set(allowHosts.map((host) => host.toLowerCase()));
    this.#resolve = resolve;
  }

  /**
   * The URL, if a request to it may be made; addresses in it are checked here, since they are connected to without a look-up.
   * @throws BlockedUrlError
   */
  admit(text: string): URL {
    if (!URL.canParse(text)) throw new BlockedUrlError('the callback URL is no URL');
    const url = new URL(text);
    const { protocol, hostname } = url;
    if (protocol !== 'https:' && protocol !== 'http:') {
      throw blocked(url, `${protocol}// is not allowed: use https`);
    }
    if (url.username !== '' || url.password !== '') {
      throw blocked(url, 'it contains credentials: put a token into the path or verify the signature');
    }
    if (protocol === 'http:' && !this.#isAllowed(url)) {
      throw blocked(url, 'it is not https: use https, or add the host to CALLBACK_ALLOW_HOSTS');
    }
    const address = hostname.replace(/^\[|\]$/g, '');
    if (isIP(address) !== 0) this.#refuse(address, url);
    return url;
  }

  /** A look-up for connections to the URL's host that fails if any of its addresses is refused, and ends with the signal. */
  lookupFor(url: URL, signal: AbortSignal): LookupFunction {
    return (name, options, callback) => {
      this.#checkedAddresses(name, url, signal).then(
        ([first, ...others]) => {
          if (options.all === true) callback(null, [first, ...others]);
          else callback(null, first.address, first.family);
        },
        (error: Error) => callback(error, '', 0),
      );
    };
  }

  async #checkedAddresses(
    name: string,
    url: URL,
    signal: AbortSignal,
  ): Promise<[LookupAddress, ...LookupAddress[]]> {
    const [first, ...others] = await this.#resolve(name, signal);
    if (first === undefined) throw noAddress(name);
    for (const { address } of [first, ...others]) this.#refuse(address, url);
    return [first, ...others];
  }

  #isAllowed({ hostname, host }: URL): boolean {
    return this.#allowHosts.has(hostname) || this.#allowHosts.has(host);
  }

  #refuse(address: string, url: URL): void {
    // What an IPv6 address carries inside is where a gateway would send it.
    const inner = embeddedIpv4(address);
    if (this.#forbidden.has(address) || (inner !== null && this.#forbidden.has(inner))) {
      throw blocked(url, `it leads to ${address}, an address callbacks may never reach`);
    }
    if (this.#nonPublic.has(address) && !this.#isAllowed(url)) {
      throw blocked(
        url,
        `it leads to ${address}, which is not public: add the host to CALLBACK_ALLOW_HOSTS if it is yours`,
      );
    }
  }
}

function blocked({ protocol, host, pathname }: URL, reason: string): BlockedUrlError {
  return new BlockedUrlError(`${protocol}//${host}${pathname} is blocked: ${reason}`);
}

function noAddress(name: string): Error {
  return Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
}
