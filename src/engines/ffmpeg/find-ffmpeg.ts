import { WorkerError } from '../../base/errors.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { ChildEnvironment } from '../../system/process/child.ts';
import type { AskProgram } from '../../system/process/ask-program.ts';
import { type TriedFile, createProgramFinder, pathFolders, type ProgramFinderOptions } from '../programs/find.ts';

/** Names the program to use. */
export const FFMPEG_VARIABLE = 'STUDIO_WORKER_FFMPEG';
const INSTALL = `Install ffmpeg so that it is on the PATH (\`sudo apt install ffmpeg\`, \`brew install ffmpeg\`, \`winget install ffmpeg\`), or name the program in ${FFMPEG_VARIABLE}.`;

/** An ffmpeg that was asked what it can write. */
export interface FfmpegProgram {
  readonly path: string;
  /** What it can write, by ffmpeg's own names: builds differ. */
  readonly encoders: ReadonlySet<string>;
}

export interface FfmpegFinderOptions extends ProgramFinderOptions {
  readonly ask: AskProgram;
  readonly childEnv: ChildEnvironment;
}

/**
 * The ffmpeg of this machine: the one that the operator named, else the first on the PATH. Asked once which encoders it
 * has, and again when its file has changed.
 *
 * @throws WorkerError `engine.unavailable` when there is none, or it does not run
 */
export type FindFfmpeg = () => Promise<FfmpegProgram>;

/** It prints a list and ends. */
const LISTS_WITHIN_MS = 10 * SECOND_MS;
const MAX_LIST_LENGTH = 1_000_000;

/** Finds nothing until it is called; what it learned is kept for as long as the program's file stays the same. */
export function createFfmpegFinder(options: FfmpegFinderOptions): FindFfmpeg {
  const find = createProgramFinder(
    {
      name: 'ffmpeg',
      variable: FFMPEG_VARIABLE,
      folders: () => pathFolders(options.environment),
      accept: (path) => listEncoders(path, options),
    },
    options,
  );
  return async () => {
    const result = await find();
    if (result.is === 'found') return result.found;
    if (result.rejected !== undefined) throw doesNotRun(result.rejected);
    throw new WorkerError('engine.unavailable', 'ffmpeg is not installed on this machine', { hint: INSTALL });
  };
}

/** A line of the list: six flags, the encoder's name, and what it is. */
const ENCODER_LINE = /^ [VAS][A-Z.]{5} (\S+)/gm;

async function listEncoders(path: string, { ask, childEnv }: FfmpegFinderOptions): Promise<TriedFile<FfmpegProgram>> {
  const { output } = await ask([path, '-nostdin', '-hide_banner', '-encoders'], {
    env: childEnv,
    limitMs: LISTS_WITHIN_MS,
    maxCharacters: MAX_LIST_LENGTH,
  });
  const encoders = new Set([...output.matchAll(ENCODER_LINE)].map(([, name = '']) => name));
  if (encoders.size === 0) return { is: 'rejected', because: 'it lists no encoders' };
  return { is: 'accepted', found: { path, encoders } };
}

const doesNotRun = (path: string): WorkerError =>
  new WorkerError('engine.unavailable', `${path} does not run as ffmpeg`, {
    hint: `Run \`${path} -encoders\` to see why, or name another one in ${FFMPEG_VARIABLE}.`,
  });

/** Says which encoder a build lacks. */
export const lacks = ({ path }: FfmpegProgram, encoder: string, ext: string): WorkerError =>
  new WorkerError('engine.unavailable', `${path} was built without ${encoder}, so it cannot write ${ext}`, {
    hint: `Install an ffmpeg that has ${encoder}, or name one in ${FFMPEG_VARIABLE}.`,
  });
