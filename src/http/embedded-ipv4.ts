/** Finds the IPv4 address inside an IPv6 address that a gateway or the system itself would unwrap. */
import { isIPv6 } from 'node:net';

/** First group of the forms that carry an IPv4 address, and the index of its first 16-bit group. */
const FORMS: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  // IPv4-compatible (RFC 4291)
  { prefix: [0, 0, 0, 0, 0, 0], at: 6 },
  // IPv4-mapped (RFC 4291)
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  // IPv4-translated (RFC 2765)
  { prefix: [0, 0, 0, 0, 0xffff, 0], at: 6 },
  // NAT64 (RFC 6052)
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  // 6to4 (RFC 3056)
  { prefix: [0x2002], at: 1 },
];

/** The IPv4 address in dotted form; null where there is none. */
export function embeddedIpv4(address: string): string | null {
  if (!isIPv6(address)) return null;
  const groups = ipv6Groups(address);
  const form = FORMS.find(({ prefix }) => prefix.every((group, i) => groups[i] === group));
  if (form === undefined) return null;
  const [high = 0, low = 0] = groups.slice(form.at, form.at + 2);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight 16-bit groups, from the URL parser's canonical form. */
function ipv6Groups(address: string): number[] {
  const [unscoped = ''] = address.split('%', 1);
  const canonical = new URL(`http://[${unscoped}]`).hostname.slice(1, -1);
  const [before = '', after] = canonical.split('::');
  const head = hexGroups(before);
  if (after === undefined) return head;
  const tail = hexGroups(after);
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function hexGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
