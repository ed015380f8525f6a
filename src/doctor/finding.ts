import type { DoctorDeps } from './deps.ts';

/** `skipped`: there was nothing to look at, such as a studio without a valid config. */
export type Severity = 'ok' | 'warning' | 'failed' | 'skipped';

/** What one check found. */
export interface Finding {
  readonly is: Severity;
  /** One line, without a full stop. */
  readonly message: string;
  /** What to do, as one imperative sentence or several. */
  readonly hint?: string;
}

/** A check as the table holds it. */
export interface Check {
  /** Stable: scripts and help pages know it by this. `<area>.<what>`. */
  readonly id: string;
  /** What it looks at, in a few words. */
  readonly title: string;
  /** A page for people: why it matters, and what to do about each outcome. Paragraphs. */
  readonly page: readonly [string, ...string[]];
  readonly run: (deps: DoctorDeps) => Promise<Finding>;
}

// A check that did not apply says so by `skipped`; whatever asks for action names it in its hint.
export const ok = (message: string): Finding => ({ is: 'ok', message });
export const skipped = (message: string): Finding => ({ is: 'skipped', message });
export const warning = (message: string, hint: string): Finding => ({ is: 'warning', message, hint });
export const failed = (message: string, hint: string): Finding => ({ is: 'failed', message, hint });
