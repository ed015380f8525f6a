import type { ApiEngine } from '../../../local-api/contract/engines.ts';
import { isTaskKind, kindName } from '../../../contract/tasks/index.ts';
import { sentence } from '../../format.ts';
import type { IconName } from '../../kit/icons/icons.tsx';
import type { Tone } from '../../kit/tones.ts';
import { STATUS } from '../../words/status.ts';

/** An engine as its row shows it. */
export interface EngineLook {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
  /** The kinds of job it does, in words. */
  readonly does: string;
  /** What it lacks, and what helps. */
  readonly lack?: { readonly because: string; readonly hint: string | undefined };
}

const WORDS = STATUS.engines;

export function engineLook({ ready, onCpu, because, hint, kinds }: ApiEngine): EngineLook {
  const does = kinds.map(nameOf).join(', ');
  const help = hint === undefined ? undefined : sentence(hint);
  if (!ready) {
    const lack = because === undefined ? {} : { lack: { because: sentence(because), hint: help } };
    return { tone: 'rest', icon: 'cancelled', word: WORDS.notReady, does, ...lack };
  }
  if (onCpu === undefined) return { tone: 'ok', icon: 'done', word: WORDS.ready, does };
  const lack = { because: sentence(onCpu.because), hint: sentence(onCpu.hint) };
  return { tone: 'busy', icon: 'warn', word: WORDS.limited, does, lack };
}

/** A kind of a later release is called as the contract calls it. */
const nameOf = (kind: string): string => (isTaskKind(kind) ? kindName(kind) : kind);

/** `4 ready, 2 limited` */
export function enginesSummary(engines: readonly ApiEngine[]): string {
  const ready = engines.filter((engine) => engine.ready);
  const limited = ready.filter(({ onCpu }) => onCpu !== undefined);
  return WORDS.summary(ready.length - limited.length, limited.length);
}
