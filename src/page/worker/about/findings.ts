import type { ApiFinding } from '../../../local-api/contract/installation.ts';
import type { IconName } from '../../kit/icons/icons.tsx';
import type { Tone } from '../../kit/tones.ts';
import { ABOUT } from '../../words/about.ts';

type Severity = ApiFinding['is'];

/** How each outcome of a check looks, the worst first. */
export const FINDING_LOOKS: Readonly<
  Record<Severity, { readonly tone: Tone; readonly icon: IconName; readonly word: string }>
> = {
  failed: { tone: 'bad', icon: 'failed', word: ABOUT.findings.failed },
  warning: { tone: 'busy', icon: 'warn', word: ABOUT.findings.warning },
  ok: { tone: 'ok', icon: 'done', word: ABOUT.findings.ok },
  skipped: { tone: 'rest', icon: 'cancelled', word: ABOUT.findings.skipped },
};

const ORDER: readonly Severity[] = ['failed', 'warning', 'ok', 'skipped'];

/** What needs somebody comes first; the doctor's own order within. */
export const inOrder = (findings: readonly ApiFinding[]): readonly ApiFinding[] =>
  findings.toSorted((one, other) => ORDER.indexOf(one.is) - ORDER.indexOf(other.is));

/** `11 passed, 2 warnings, 1 failed`. */
export function tally(findings: readonly ApiFinding[]): string {
  const many = (is: Severity): number => findings.filter((finding) => finding.is === is).length;
  return ABOUT.tally(many('ok'), many('warning'), many('failed'));
}
