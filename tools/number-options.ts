/** Options of the benches and evaluations that are numbers: what is none, or none that makes sense, ends them with a sentence before anything is measured. */
import { usage } from '../src/command-line.ts';
import { decimal } from '../src/decimal.ts';

type Read = (option: string, text: string) => number;

/** @throws WorkerError CONFIG_INVALID, as all of these */
export const positiveNumber: Read = (option, text) => {
  const value = numberIn(text);
  if (value > 0) return value;
  throw usage(`${option} is a number above 0, not ${text}`);
};

export const positiveInteger: Read = (option, text) => {
  const value = numberIn(text);
  if (value > 0 && Number.isInteger(value)) return value;
  throw usage(`${option} is a whole number above 0, not ${text}`);
};

export const zeroOrMore: Read = (option, text) => {
  const value = numberIn(text);
  if (value >= 0) return value;
  throw usage(`${option} is 0 or a number above it, not ${text}`);
};

export const zeroToOne: Read = (option, text) => {
  const value = numberIn(text);
  if (value >= 0 && value <= 1) return value;
  throw usage(`${option} is a number from 0 to 1, not ${text}`);
};

/** Several, separated by commas. */
export function listOf(read: Read, option: string, text: string): number[] {
  return text.split(',').map((each) => read(option, each));
}

/** NaN for what is no finite number. */
function numberIn(text: string): number {
  const value = decimal(text);
  return Number.isFinite(value) ? value : Number.NaN;
}
