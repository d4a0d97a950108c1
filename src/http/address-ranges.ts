/** Sets of IP addresses, told by their networks. */
import { BlockList, isIP } from 'node:net';

/** Address ranges of both families; an address is held against those of its own. */
export class AddressRanges {
  readonly #ipv4 = new BlockList();
  readonly #ipv6 = new BlockList();

  /** @param ranges in CIDR notation */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [network = '', prefix] = range.split('/');
      if (isIP(network) === 6) this.#ipv6.addSubnet(network, Number(prefix), 'ipv6');
      else this.#ipv4.addSubnet(network, Number(prefix), 'ipv4');
    }
  }

  has(address: string): boolean {
    return isIP(address) === 6 ? this.#ipv6.check(address, 'ipv6') : this.#ipv4.check(address, 'ipv4');
  }
}
