/** Lets a test move time on: `Date.now` runs ahead by as much as it is told, for everything in the process, the emulator included. */
import { jest } from '@jest/globals';

export interface ShiftedClock {
  advance(seconds: number): void;
  restore(): void;
}

export function shiftClock(): ShiftedClock {
  const now = Date.now.bind(Date);
  let aheadMs = 0;
  const spy = jest.spyOn(Date, 'now').mockImplementation(() => now() + aheadMs);
  return {
    advance(seconds) {
      aheadMs += seconds * 1000;
    },
    restore: () => spy.mockRestore(),
  };
}
