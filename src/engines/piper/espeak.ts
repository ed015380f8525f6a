import { WorkerError } from '../../base/errors.ts';
import type { Variables } from '../../system/process/processes.ts';
import type { Program, RunProgram } from '../../system/process/programs.ts';
import type { Phonemize } from './phonemes.ts';

export interface EspeakOptions {
  readonly run: RunProgram;
  readonly env: Variables;
  /** The program's path; undefined where there is none. */
  readonly find: () => string | undefined;
  /** The one inside this program, for the voices it has. */
  readonly openOwn: (voice: string) => Promise<Phonemize | undefined>;
}

/** A text of a few hundred characters has far fewer; whatever says more is not espeak. */
const MAX_CHARACTERS = 64 * 1024;

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
  const ask: Phonemize = (words, abort) => phonemesBy(program, { voice, words, signal: abort }, options);
  try {
    await ask('a', signal);
  } catch (thrown) {
    signal.throwIfAborted();
    throw new WorkerError('native.unavailable', `this machine's espeak-ng does not speak ${voice}`, {
      cause: thrown,
      hint: `Install an espeak-ng that lists ${voice} in \`espeak-ng --voices\`.`,
    });
  }
  return ask;
}

interface Question {
  readonly voice: string;
  readonly words: string;
  readonly signal: AbortSignal;
}

async function phonemesBy(path: string, { voice, words, signal }: Question, { run, env }: EspeakOptions) {
  signal.throwIfAborted();
  let [said, complaint] = ['', ''];
  // Of its three forms of IPA this is the one without ties, which voices are trained on.
  const command = [path, '-q', '--ipa', '-v', voice, '--', words];
  const program = start(command, () =>
    run(command, {
      env,
      nice: 0, // the child it is started by stands back already
      onOutput: (text) => void (said = (said + text).slice(0, MAX_CHARACTERS)),
      onError: (text) => void (complaint = (complaint + text).slice(-500)),
    }),
  );
  const kill = (): void => program.killGroup('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const end = await program.ended;
  signal.removeEventListener('abort', kill);
  signal.throwIfAborted();
  if (end.is === 'exited' && end.code === 0) return said.split('\n').filter((line) => line.trim() !== '');
  const how = end.is === 'exited' ? `exited with code ${end.code}` : `was killed by ${end.signal}`;
  throw new WorkerError('engine.failed', `espeak-ng ${how}: ${complaint.trim()}`);
}

function start([path = '']: readonly string[], call: () => Program): Program {
  try {
    return call();
  } catch (thrown) {
    throw new WorkerError('native.unavailable', `${path} cannot be started`, {
      cause: thrown,
      hint: 'Check STUDIO_WORKER_ESPEAK_NG, or install espeak-ng anew.',
    });
  }
}
