import { DAY_MS, MINUTE_MS } from '../base/units.ts';
import type { Clock } from '../system/clock.ts';
import type { Random } from '../system/random.ts';

/** A page that was opened, as it is remembered: never the value of its cookie. */
export interface SignIn {
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Codes that open a page, and the cookies that they were exchanged for. */
export interface SignIns {
  /** A code that works once and so long. */
  createCode(lastsMs?: number): { readonly code: string; readonly expiresAt: number };
  /** The value of the page's cookie, once; undefined for a code that is unknown, spent or too old. */
  exchange(code: string): string | undefined;
  isOpen(value: string): boolean;
}

export interface SignInsOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'hex'>;
  readonly hashOf: (text: string) => string;
  /** Those of an earlier run: a page outlives a restart of the program. */
  readonly known: readonly SignIn[];
  /** Keeps them for the next run; must not throw. */
  readonly onChange: (signIns: readonly SignIn[]) => void;
}

/** A browser starts within seconds; a code that lies around is of no use to whoever finds it. */
const CODE_MS = MINUTE_MS;
/** In seconds, as cookies count. */
export const SIGN_IN_SECONDS = (30 * DAY_MS) / 1000;
const MAX_CODES = 16;
const MAX_SIGN_INS = 64;
const SECRET_BYTES = 32;

/** None of the codes survives a restart; sign-ins do. */
export function createSignIns({ clock, random, hashOf, known, onChange }: SignInsOptions): SignIns {
  let codes: readonly SignIn[] = [];
  let signIns = known;
  const fresh = (all: readonly SignIn[]): readonly SignIn[] => all.filter(({ expiresAt }) => expiresAt > clock.now());
  return {
    createCode(lastsMs = CODE_MS) {
      const code = random.hex(SECRET_BYTES);
      const expiresAt = clock.now() + lastsMs;
      codes = [...fresh(codes), { hash: hashOf(code), expiresAt }].slice(-MAX_CODES);
      return { code, expiresAt };
    },
    exchange(code) {
      const hash = hashOf(code);
      const isKnown = fresh(codes).some((kept) => kept.hash === hash);
      codes = codes.filter((kept) => kept.hash !== hash);
      if (!isKnown) return undefined;
      const value = random.hex(SECRET_BYTES);
      const expiresAt = clock.now() + SIGN_IN_SECONDS * 1000;
      signIns = [...fresh(signIns), { hash: hashOf(value), expiresAt }].slice(-MAX_SIGN_INS);
      onChange(signIns);
      return value;
    },
    // Hashes are compared, so that how long it takes says nothing about the value.
    isOpen(value) {
      const hash = hashOf(value);
      return fresh(signIns).some((kept) => kept.hash === hash);
    },
  };
}
