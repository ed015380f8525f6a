import type { LiveStatus } from '../../../local-api/contract/status.ts';
import type { IconName } from '../../kit/icons/icons.tsx';
import type { Tone } from '../../kit/tones.ts';
import { ABOUT } from '../../words/about.ts';

type Update = NonNullable<LiveStatus['update']>;

/** Where an update stands, as the page shows it. */
export interface UpdateLook {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
  readonly say: string;
  /** The step that is under way; undefined while none is. */
  readonly step: number | undefined;
}

const LOOKS: Readonly<Record<Update['at'], { readonly tone: Tone; readonly icon: IconName; readonly step?: number }>> =
  {
    off: { tone: 'rest', icon: 'cancelled' },
    idle: { tone: 'ok', icon: 'done' },
    checking: { tone: 'accent', icon: 'search' },
    downloading: { tone: 'accent', icon: 'down', step: 1 },
    draining: { tone: 'busy', icon: 'clock', step: 2 },
    trial: { tone: 'accent', icon: 'play', step: 3 },
    swapping: { tone: 'accent', icon: 'retry', step: 4 },
    swapped: { tone: 'ok', icon: 'done' },
    'rolled-back': { tone: 'bad', icon: 'undo' },
    shelved: { tone: 'bad', icon: 'failed' },
  };

export function updateLook(update: Update): UpdateLook {
  const { at, version = ABOUT.say.unknown } = update;
  const say = ABOUT.say[at];
  const { step, ...look } = LOOKS[at];
  return { ...look, word: ABOUT.states[at], say: typeof say === 'string' ? say : say(version), step };
}

/** Whether there is something about an update that the operator should see from every page. */
export const isNews = (update: LiveStatus['update']): boolean =>
  update !== null && (LOOKS[update.at].step !== undefined || LOOKS[update.at].tone === 'bad');
