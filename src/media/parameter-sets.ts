/**
 * The parameter sets that come in the packets themselves (ITU-T H.264 and H.265, 7.4.1.2): where a decoder is not fed every packet, those
 * of the ones that are left out may be what it needs. Clips that were joined without encoding again differ in them.
 */
import { hasNalUnits, isParameterSet, isSlice, NEEDED_SETS, nalUnits, nalUnitType } from './nal-units.ts';
import type { PacketSource } from './packet-source.ts';
import { type BitstreamFormat, bitstreamFormat } from './picture-references.ts';

/** Far more than encoders write; a hostile file may bring others with every picture. */
const MAX_BYTES = 65_536;
const START_CODE: Uint8Array = Uint8Array.of(0, 0, 0, 1);

/** The sets of one stream, gathered in the order of its packets, for one decoder after the other. */
export class ParameterSets {
  readonly #source: PacketSource;
  readonly #format: BitstreamFormat;
  readonly #breaks: ReadonlySet<number>;
  /** Each unit once, in the order they came last; a character for a byte. */
  readonly #units = new Set<string>();
  #bytes = 0;
  /** The first packet that was not looked at. */
  #next = 0;

  /** @param breaks packets before which others may be missing, of which nothing is known */
  constructor(source: PacketSource, codec: string, breaks: ReadonlySet<number>) {
    this.#source = source;
    this.#format = bitstreamFormat(codec, source.configuration);
    this.#breaks = breaks;
  }

  /** Notes what a packet brings. They come in order, but for those that are left out. */
  see(packet: number, data: Uint8Array): void {
    this.#next = packet + 1;
    for (const unit of setsIn(data, this.#format)) {
      const bytes = Buffer.from(unit).toString('latin1');
      if (!this.#units.delete(bytes)) this.#bytes += unit.length;
      if (this.#bytes <= MAX_BYTES) this.#units.add(bytes);
    }
  }

  /**
   * The data of a keyframe that decoding jumps to, behind all sets that came before it. In a stream that has brought none so far they stand
   * in its configuration record, and what is left out is not looked at: so it is in nearly every file. Elsewhere the keyframes are.
   * @throws RangeError where those were not fetched, or bring more than any encoder writes
   */
  async atEntry(packet: number, data: Uint8Array): Promise<Uint8Array> {
    if (this.#units.size === 0 || bringsAllSets(data, this.#format)) return data;
    const first = this.#next;
    for (let skipped = first; skipped < packet; skipped++) {
      if (this.#source.namedKeys[skipped] === 1) await this.#look(skipped);
    }
    const mayBeMissing = [...this.#breaks].some((missing) => missing >= first && missing <= packet);
    if (mayBeMissing || this.#bytes > MAX_BYTES) {
      throw new RangeError(`which parameters packet ${packet} is decoded with is not known`);
    }
    const units = [...this.#units].map((bytes) => Buffer.from(bytes, 'latin1'));
    return Buffer.concat([...units.flatMap((unit) => [this.#beginningOf(unit), unit]), data]);
  }

  async #look(packet: number): Promise<void> {
    for await (const { data } of this.#source.read({ first: packet, last: packet })) this.see(packet, data);
  }

  /** What stands before a unit. */
  #beginningOf({ length }: Uint8Array): Uint8Array {
    const { nalLengthBytes } = this.#format;
    if (nalLengthBytes === null) return START_CODE;
    return Uint8Array.from({ length: nalLengthBytes }, (_, i) => length / 256 ** (nalLengthBytes - 1 - i));
  }
}

/** The sets that stand before the picture of a packet. */
function* setsIn(
  packet: Uint8Array,
  { codec, nalLengthBytes }: BitstreamFormat,
): Generator<Uint8Array, void> {
  if (!hasNalUnits(codec)) return;
  let set: Uint8Array | null = null;
  for (const unit of nalUnits(packet, nalLengthBytes)) {
    // Behind start codes a unit ends where that of the next one begins.
    if (set !== null) yield nalLengthBytes === null ? set.subarray(0, -(unit.length + 3)) : set;
    const type = nalUnitType(unit, codec);
    if (isSlice(type, codec)) return;
    set = isParameterSet(type, codec) ? unit : null;
  }
  if (set !== null) yield set;
}

/** Whether a packet has all sets its own picture can need. */
function bringsAllSets(packet: Uint8Array, format: BitstreamFormat): boolean {
  const { codec } = format;
  if (!hasNalUnits(codec)) return true;
  const types = [...setsIn(packet, format)].map((unit) => nalUnitType(unit, codec));
  return NEEDED_SETS[codec].every((type) => types.includes(type));
}
