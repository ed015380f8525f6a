import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Files } from '../../system/files.ts';
import type { ChildEnvironment } from '../../system/processes.ts';
import type { Random } from '../../system/random.ts';
import type { Engine, ModelFiles, RunContext, TaskResult } from '../engine.ts';
import { argumentsFor } from './arguments.ts';
import { inputExt, outputExt, type PicturePaths, picturesOf } from './pictures.ts';
import type { SdCli } from './program.ts';
import { createPrograms, type ProgramsOptions } from './programs.ts';
import { runSdCli, type RunnerOptions } from './running.ts';

export interface SdCppOptions extends ProgramsOptions, RunnerOptions {
  readonly files: ProgramsOptions['files'] & Pick<Files, 'readBytes'>;
  readonly random: Pick<Random, 'hex'>;
  readonly tempDir: string;
}

/** Diffusion models, by stable-diffusion.cpp's program. It loads its model for each picture. */
export function createSdCppEngine(options: SdCppOptions): Engine {
  const programs = createPrograms(options);
  return {
    id: 'sd-cpp',
    models: { image: ['sd-cpp:*'] },
    memory: 'gpu',
    readiness: async () => {
      const problem = await programs.missing();
      return problem === undefined
        ? { ready: true }
        : { ready: false, because: problem.message, hint: problem.hint ?? '' };
    },
    load: async (model, signal) => {
      const program = await programs.get(signal);
      signal.throwIfAborted();
      return {
        process: undefined, // the program ends with its picture
        run: async (task, context) => {
          if (task.kind !== 'image') {
            throw new WorkerError('task.unsupported', `the sd-cpp engine paints images, not ${task.kind}`);
          }
          return await paint(options, { program, model, task }, context);
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

interface Painting {
  readonly program: SdCli;
  readonly model: ModelFiles;
  readonly task: TaskOf<'image'>;
}

/** The folder holds everything the job writes, and goes with it however it ends. */
async function paint(options: SdCppOptions, painting: Painting, context: RunContext): Promise<TaskResult> {
  const { files, tempDir, random } = options;
  const { program, model, task } = painting;
  const folder = `${tempDir}/studio-worker-sdcpp-${random.hex(8)}`;
  const ext = outputExt(task.ext);
  const output = `${folder}/out.${ext}`;
  try {
    await files.makeDir(folder, { mode: 0o700 });
    const pictures = await fetchPictures(options, { task, folder, signal: context.signal });
    const words = argumentsFor({ task, files: model.paths, defaults: model.defaults, pictures, output });
    await runSdCli([program.path, ...words], await environmentFor(program, options), { context, options });
    const bytes = await files.readBytes(output);
    if (bytes !== undefined) return { is: 'artifact', bytes, ext };
    throw new WorkerError('engine.failed', 'sd-cli ended well, but wrote no picture');
  } finally {
    await files.remove(folder);
  }
}

/** A picture that cannot be fetched fails the job: without it, it would be another picture. */
async function fetchPictures(
  { files, fetchInput }: SdCppOptions,
  { task, folder, signal }: { readonly task: TaskOf<'image'>; readonly folder: string; readonly signal: AbortSignal },
): Promise<PicturePaths> {
  const fetched = picturesOf(task).map(async ({ use, what, url }) => {
    const bytes = await fetchInput(what, url, signal);
    const path = `${folder}/${use}.${inputExt(bytes, url)}`;
    await files.writeAtomic(path, bytes);
    return [use, path] as const;
  });
  // All of them have ended before the folder goes.
  await Promise.allSettled(fetched);
  return Object.fromEntries(await Promise.all(fetched));
}

/** The library that a build of upstream brings beside its program, and the variable by which its loader finds it. */
const LIBRARIES: Readonly<Record<string, readonly [file: string, variable: string]>> = {
  linux: ['libstable-diffusion.so', 'LD_LIBRARY_PATH'],
  darwin: ['libstable-diffusion.dylib', 'DYLD_LIBRARY_PATH'],
};

async function environmentFor({ path }: SdCli, options: SdCppOptions): Promise<ChildEnvironment> {
  const { childEnv, environment, files } = options;
  const [library, variable] = LIBRARIES[environment.platform] ?? [];
  const folder = path.slice(0, path.lastIndexOf('/'));
  if (library === undefined || variable === undefined) return childEnv;
  if ((await files.stat(`${folder}/${library}`)) === undefined) return childEnv;
  const inherited = childEnv[variable] ?? '';
  return { ...childEnv, [variable]: inherited === '' ? folder : `${folder}:${inherited}` };
}
