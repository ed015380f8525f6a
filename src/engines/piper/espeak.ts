import { WorkerError } from '../../base/errors.ts';
import { formatDuration, MINUTE_MS } from '../../base/units.ts';
import type { AskProgram, ProgramAnswer } from '../../system/process/ask-program.ts';
import type { Variables } from '../../system/process/processes.ts';
import type { Phonemize } from './phonemes.ts';

export interface EspeakOptions {
  readonly ask: AskProgram;
  readonly env: Variables;
  /** The program's path; undefined where there is none. */
  readonly find: () => string | undefined;
  /** The one inside this program, for the voices it has. */
  readonly openOwn: (voice: string) => Promise<Phonemize | undefined>;
}

/** A text of a few hundred characters takes milliseconds. */
const LIMIT_MS = MINUTE_MS;

/**
 * What gives phonemes by this voice of espeak: our own espeak where it has the voice, this machine's where it has not.
 *
 * @throws WorkerError `native.unavailable` when the machine has none, or none with that voice
 */
export async function openEspeak(voice: string, signal: AbortSignal, options: EspeakOptions): Promise<Phonemize> {
  const own = await options.openOwn(voice);
  if (own !== undefined) return own;
  const program = options.find();
  if (program === undefined) {
    throw new WorkerError(
      'native.unavailable',
      `a voice that speaks ${voice} needs espeak-ng, which is not installed`,
      {
        hint: 'Install espeak-ng (`sudo apt install espeak-ng`, `brew install espeak-ng`) or name it in STUDIO_WORKER_ESPEAK_NG.',
      },
    );
  }
  const phonemize: Phonemize = (words, abort) => phonemesBy(program, { voice, words, signal: abort }, options);
  try {
    await phonemize('a', signal);
  } catch (thrown) {
    signal.throwIfAborted();
    throw new WorkerError('native.unavailable', `this machine's espeak-ng does not speak ${voice}`, {
      cause: thrown,
      hint: `Install an espeak-ng that lists ${voice} in \`espeak-ng --voices\`.`,
    });
  }
  return phonemize;
}

interface Question {
  readonly voice: string;
  readonly words: string;
  readonly signal: AbortSignal;
}

async function phonemesBy(path: string, { voice, words, signal }: Question, { ask, env }: EspeakOptions) {
  // Of its three forms of IPA this is the one without ties, which voices are trained on.
  const command = [path, '-q', '--ipa', '-v', voice, '--', words];
  const { end, output, lastError } = await ask(command, { env, signal, limitMs: LIMIT_MS }).catch((thrown: unknown) => {
    signal.throwIfAborted();
    throw new WorkerError('native.unavailable', `${path} cannot be started`, {
      cause: thrown,
      hint: 'Check STUDIO_WORKER_ESPEAK_NG, or install espeak-ng anew.',
    });
  });
  if (end.is === 'exited' && end.code === 0) return output.split('\n').filter((line) => line.trim() !== '');
  throw new WorkerError('engine.failed', `espeak-ng ${howItEnded(end)}: ${lastError}`);
}

function howItEnded(end: ProgramAnswer['end']): string {
  if (end.is === 'exited') return `exited with code ${end.code}`;
  return end.is === 'killed' ? `was killed by ${end.signal}` : `took longer than ${formatDuration(LIMIT_MS)}`;
}
