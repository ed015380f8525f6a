import { errorChain, WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Files } from '../../system/files.ts';
import type { ChildEnvironment } from '../../system/processes.ts';
import type { Random } from '../../system/random.ts';
import type { HasLibrary } from '../../system/shared-library.ts';
import type { Engine, ModelFiles, RunContext, TaskResult } from '../engine.ts';
import { argumentsFor } from './arguments.ts';
import { inputExt, outputExt, type PicturePaths, picturesOf } from './pictures.ts';
import { createFinder, type FinderOptions, ownPath, PINNED_RELEASE, type SdCli, VARIABLE } from './program.ts';
import { archiveFor, markerPath, provision, type ProvisionOptions, refusal } from './provision.ts';
import { runSdCli, type RunnerOptions } from './running.ts';
import { vulkanProblem } from './vulkan.ts';

export interface SdCppOptions extends Omit<FinderOptions, 'ownMarker'>, RunnerOptions, ProvisionOptions {
  readonly environment: FinderOptions['environment'] & ProvisionOptions['environment'];
  readonly files: Pick<Files, 'stat' | 'makeDir' | 'remove' | 'writeAtomic' | 'readBytes' | 'readText'>;
  readonly random: Pick<Random, 'hex'>;
  readonly tempDir: string;
  readonly hasLibrary: HasLibrary;
}

/** Diffusion models, by stable-diffusion.cpp's program. It loads its model for each picture. */
export function createSdCppEngine(options: SdCppOptions): Engine {
  const ownMarker = { path: markerPath(options.modelsRoot), text: archiveFor(options)?.url };
  const find = createFinder({ ...options, ownMarker });
  const warned = new Set<string>();

  /** The program for a job: fetched when there is none of the pinned release, and the old one when that fails. */
  async function program(signal: AbortSignal): Promise<SdCli> {
    const there = await find();
    if (there?.wanted === true) return there;
    if (there === undefined && refusal(options) !== undefined) throw notInstalled(options);
    try {
      await provision(options, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (there === undefined) throw thrown;
      const because = errorChain(thrown);
      if (!warned.has(because))
        options.log.warn('sd-cli.other-release', { path: there.path, wanted: PINNED_RELEASE, because });
      warned.add(because);
      return there;
    }
    const installed = await find();
    if (installed === undefined) throw notInstalled(options);
    return installed;
  }

  const machineProblem = async (named: boolean): Promise<WorkerError | undefined> =>
    named ? undefined : await vulkanProblem(options.environment.platform, options.hasLibrary);

  async function missing(): Promise<WorkerError | undefined> {
    const there = await find();
    if (there === undefined && refusal(options) !== undefined) return notInstalled(options);
    return await machineProblem(there?.named ?? false);
  }

  return {
    id: 'sd-cpp',
    models: { image: ['sd-cpp:*'] },
    memory: 'gpu',
    readiness: async () => {
      const problem = await missing();
      return problem === undefined
        ? { ready: true }
        : { ready: false, because: problem.message, hint: problem.hint ?? '' };
    },
    load: async (model, signal) => {
      const cli = await program(signal);
      const problem = await machineProblem(cli.named);
      if (problem !== undefined) throw problem;
      signal.throwIfAborted();
      return {
        run: async (task, context) => {
          if (task.kind !== 'image') {
            throw new WorkerError('task.unsupported', `the sd-cpp engine paints images, not ${task.kind}`);
          }
          return await paint(options, { program: cli, model, task }, context);
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

const notInstalled = (options: SdCppOptions): WorkerError =>
  new WorkerError('engine.unavailable', `sd-cli is not installed: ${refusal(options) ?? 'it is gone again'}`, {
    hint:
      `Put sd-cli of stable-diffusion.cpp ${PINNED_RELEASE} and its libraries beside each other, at ` +
      `${ownPath(options.modelsRoot, options.environment.platform)} or on the PATH, or name it in ${VARIABLE}.`,
  });

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
