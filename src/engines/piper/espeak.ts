import { WorkerError } from '../../base/errors.ts';
import { formatDuration, MINUTE_MS } from '../../base/units.ts';
import type { AskProgram, ProgramAnswer } from '../../system/process/ask-program.ts';
import type { ChildEnvironment } from '../../system/process/child.ts';
import type { Phonemize } from './phonemes.ts';

export interface EspeakOptions {
  readonly ask: AskProgram;
  readonly env: ChildEnvironment;
}

/**
 * It connects to PulseAudio also when it is to be quiet, which leaves folders in the home and in the temporary folder. There
 * is nowhere to make them now.
 */
const NO_SOUND = { PULSE_RUNTIME_PATH: '/dev/null' };
/** A text of a few hundred characters takes milliseconds. */
const LIMIT_MS = MINUTE_MS;

/**
 * Phonemes from an espeak-ng of this machine, which runs as a program of its own, by one of its voices.
 *
 * @throws WorkerError `native.unavailable` when it does not run, or does not speak with that voice
 */
export async function openEspeak(
  program: string,
  voice: string,
  signal: AbortSignal,
  options: EspeakOptions,
): Promise<Phonemize> {
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
  const quiet = { ...env, ...NO_SOUND };
  const { end, output, lastError } = await ask(command, { env: quiet, signal, limitMs: LIMIT_MS }).catch(
    (thrown: unknown) => {
      signal.throwIfAborted();
      throw new WorkerError('native.unavailable', `${path} cannot be started`, {
        cause: thrown,
        hint: 'Check STUDIO_WORKER_ESPEAK_NG, or reinstall espeak-ng.',
      });
    },
  );
  if (end.is === 'exited' && end.code === 0) return output.split('\n').filter((line) => line.trim() !== '');
  throw new WorkerError('engine.failed', `espeak-ng ${howItEnded(end)}: ${lastError}`);
}

function howItEnded(end: ProgramAnswer['end']): string {
  if (end.is === 'exited') return `exited with code ${end.code}`;
  return end.is === 'killed' ? `was killed by ${end.signal}` : `took longer than ${formatDuration(LIMIT_MS)}`;
}
