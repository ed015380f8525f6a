import type { Measurement } from '../../doctor/bench.ts';
import type { Examined } from '../../doctor/examine.ts';
import type { Check } from '../../doctor/finding.ts';

/** Looks at this machine, its config and the way to its studio. */
export interface Doctor {
  readonly checks: readonly Check[];
  /** Runs every check, one after the other. Nothing is changed. */
  examine(): AsyncIterable<Examined>;
  /** Measures this machine, for about a second each. Nothing stays behind. */
  bench(): AsyncIterable<Measurement>;
  /**
   * Writes one file for a bug report, without secrets, readable by this account alone.
   *
   * @throws WorkerError `file.not-written` | `disk.full`
   */
  writeBundle(path: string, findings: readonly Examined[]): Promise<void>;
}
