import packaged from '@ffmpeg-installer/ffmpeg';
import { createFfmpeg, type Ffmpeg, type FfmpegOptions } from '../../../src/engines/ffmpeg/index.ts';
import { FFMPEG_VARIABLE } from '../../../src/engines/ffmpeg/find-ffmpeg.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { childEnvironment, processVariables } from '../../../src/system/process/processes.ts';
import { createAskProgram } from '../../../src/system/process/ask-program.ts';
import { runProgram } from '../../../src/system/process/programs.ts';
import { systemRandom } from '../../../src/system/random.ts';
import { recordingLogger } from '../recording-logger.ts';

/** The ffmpeg to test with: the one that npm brings, so that every machine tests with the same, or the one this names. */
export const FFMPEG = process.env[FFMPEG_VARIABLE] ?? packaged.path;
/** What makes a worker use it. */
export const ffmpegVariables: Readonly<Record<string, string>> = { [FFMPEG_VARIABLE]: FFMPEG };

export interface FfmpegChoice extends Omit<Partial<FfmpegOptions>, 'environment'> {
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
}

/** Everything real, and a program that is there unless other variables are chosen. */
export function anFfmpeg(tempDir: string, { variables, platform, ...choice }: FfmpegChoice = {}): Ffmpeg {
  const all = variables ?? { ...processVariables(), ...ffmpegVariables };
  const { run = runProgram, clock = systemClock } = choice;
  return createFfmpeg({
    files: systemFiles,
    random: systemRandom,
    environment: { get: (name) => all[name], platform: platform ?? process.platform },
    run,
    ask: createAskProgram(run, clock),
    childEnv: childEnvironment(processVariables()),
    clock,
    nice: 5,
    log: recordingLogger(),
    tempDir,
    pid: process.pid,
    ...choice,
  });
}

/** One without a program: what a machine has that nobody installed one on. */
export const noFfmpeg = (tempDir: string): Ffmpeg => anFfmpeg(tempDir, { variables: {} });
