import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Logger } from '../../log/logger.ts';
import type { LoadedModel, ModelFiles, RunContext } from '../engine.ts';
import type { LoadOptions } from '../load-options.ts';
import type { TaskResult } from '../result.ts';
import type { RecordCrash } from '../host/crash-book.ts';
import { type ScratchFolder, type ScratchOptions, withScratch } from '../programs/scratch.ts';
import {
  assertModel,
  imageArgumentsFor,
  type ModelSettings,
  serverArgumentsFor,
  videoArgumentsFor,
} from './cli/arguments.ts';
import { PREVIEW_NAME, previewArguments, type PreviewOptions, previewReader } from './cli/preview.ts';
import { runSdCli, type SdCliRun } from './cli/run-sd-cli.ts';
import { sdCliSettingsOf } from './cli/settings.ts';
import { type FetchedImages, fetchImages, type ImageFetchOptions } from './fetch-images.ts';
import { outputExt } from './input-images.ts';
import { lorasOf } from './loras.ts';
import { referenceIgnored } from './program/architecture.ts';
import { environmentOn, type GpuEnvironmentOptions, serverBeside } from './program/environment.ts';
import type { PreviewBook } from './program/previews.ts';
import { type HeldServer, holdServer } from './server/held-server.ts';
import { requestFor, whyNotServed } from './server/request.ts';
import type { ServerOptions } from './server/server.ts';
import { assertWithinLimits, planImage } from './size-plan.ts';
import { finishVideo, planVideo, type VideoOptions } from './video.ts';

export interface LoadedOptions
  extends ServerOptions, ScratchOptions, VideoOptions, ImageFetchOptions, GpuEnvironmentOptions {
  readonly files: ScratchOptions['files'] & GpuEnvironmentOptions['files'] & PreviewOptions['files'];
  readonly images: VideoOptions['images'] & ImageFetchOptions['images'];
  readonly recordCrash: RecordCrash;
  readonly log: Logger;
}

/*
 * Both ways to generate in one piece, since which one a job takes is decided when it runs.
 */

/** A model to be loaded, and the program for it. */
export interface Loading {
  /** Path of sd-cli. */
  readonly program: string;
  readonly model: ModelFiles;
  readonly how: Pick<LoadOptions, 'lean' | 'device'>;
  /** The device that the program lists first, until it announces what it uses. */
  readonly ranOn: string | undefined;
  readonly previews: PreviewBook;
}

/**
 * A model in the memory of sd-server where the build brings one that can generate with it. Else sd-cli loads the model
 * for each job, as it does for a job that sd-server cannot do as the task asks.
 *
 * @throws WorkerError `model.role-missing` | `engine.*`; the signal's reason
 */
export async function openModel(loading: Loading, options: LoadedOptions, signal: AbortSignal): Promise<LoadedModel> {
  assertModel(loading.model.paths);
  const makesVideo = loading.model.defaults.mode === 'vid_gen';
  const sdCli = await sdCliFor(loading, options);
  let { ranOn } = loading;
  const onDevice = (device: string | undefined): void => void (ranOn = device ?? ranOn);
  const held = makesVideo ? undefined : await holdServer(await serverFor(sdCli, options), options, signal);
  return {
    get process() {
      return held?.current?.process;
    },
    get ranOn() {
      return ranOn;
    },
    where: undefined, // every model runs where the engine does
    async run(task, context) {
      const run: SdCppRun = { options, context, onDevice };
      if (task.kind === 'video' && makesVideo) return await generateVideo(task, sdCli, run);
      if (task.kind === 'image' && !makesVideo) return await generateImage(task, { sdCli, held }, run);
      throw unsupported(task.kind, makesVideo);
    },
    [Symbol.asyncDispose]: async () => await held?.close(),
  };
}

const unsupported = (kind: string, makesVideo: boolean): WorkerError =>
  new WorkerError(
    'task.unsupported',
    `the sd-cpp engine generates ${makesVideo ? 'video' : 'images'} with this model, not ${kind}`,
    {
      hint: 'Set `"mode": "vid_gen"` in `cliDefaults` of the source for a model that generates video, and leave it out for images.',
    },
  );

/** sd-cli for one model. */
interface SdCliForModel extends ModelSettings {
  readonly program: string;
  readonly env: GpuEnvironmentOptions['childEnv'];
  readonly onCrash: (error: WorkerError) => void;
  readonly canPreview: (signal: AbortSignal) => Promise<boolean>;
}

async function sdCliFor(
  { program, model, how: { lean, device }, previews }: Loading,
  options: LoadedOptions,
): Promise<SdCliForModel> {
  return {
    program,
    files: model.paths,
    loras: lorasOf(model),
    defaults: model.defaults,
    lean,
    env: await environmentOn(program, device, options),
    onCrash: (error) => options.recordCrash('sd-cpp', model.model, error),
    canPreview: (signal) => previews.canPreview(program, signal),
  };
}

async function serverFor(sdCli: SdCliForModel, options: LoadedOptions) {
  const path = await serverBeside(sdCli.program, options);
  if (path === undefined) return undefined;
  const { env, onCrash } = sdCli;
  return { path, args: (port: number) => serverArgumentsFor(sdCli, port), env, onCrash };
}

/** What one run works with. */
interface SdCppRun {
  readonly options: LoadedOptions;
  readonly context: RunContext;
  /** Called with what the run was computed on. */
  readonly onDevice: (device: string | undefined) => void;
}

async function generateImage(
  task: TaskOf<'image'>,
  { sdCli, held }: { readonly sdCli: SdCliForModel; readonly held: HeldServer | undefined },
  run: SdCppRun,
): Promise<TaskResult> {
  const { options, context } = run;
  const plan = planImage(task, sdCli.defaults);
  const inputs = await fetchImages(task, { ...options, stretch: plan.stretch }, context.signal);
  const drawn = await draw(plan.task, { sdCli, held, inputs }, run);
  return { is: 'artifact', bytes: await plan.finish(drawn, options.images), ext: outputExt(task.ext) };
}

interface Drawing {
  readonly sdCli: SdCliForModel;
  readonly held: HeldServer | undefined;
  readonly inputs: FetchedImages;
}

/** By sd-server where it can do this job, else by sd-cli. */
async function draw(task: TaskOf<'image'>, { sdCli, held, inputs }: Drawing, run: SdCppRun): Promise<Uint8Array> {
  const { options, context } = run;
  const job = { ...sdCli, task, uses: [...inputs.bytes.keys()] };
  const refuse: SdCliCall['refuse'] = (architecture) =>
    inputs.bytes.has('ref') ? referenceIgnored(architecture) : undefined;
  const server = await held?.get(context.signal);
  if (server !== undefined) {
    const refusal = refuse(server.architecture);
    if (refusal !== undefined) throw refusal;
    const because = whyNotServed(job, server.can);
    if (because === undefined) {
      const bytes = await server.generate(requestFor(job, inputs.bytes), context);
      run.onDevice(server.device);
      return bytes;
    }
    options.log.info('sd-server.passed-over', { because });
    await held?.release(); // sd-cli loads the model once more, and both may not fit in memory
  }
  return await withScratch(options, 'sdcpp', async (folder) => {
    const name = `out.${outputExt(task.ext)}`;
    const args = imageArgumentsFor({ ...job, images: await inputs.writeTo(folder), output: folder.at(name) });
    if (!(await sdCli.canPreview(context.signal))) return await runInto(folder, { name, args, sdCli, refuse }, run);
    const path = folder.at(PREVIEW_NAME);
    const onStep = previewReader(path, context.emit, options);
    return await runInto(folder, { name, args: [...args, ...previewArguments(path)], sdCli, refuse, onStep }, run);
  });
}

async function generateVideo(task: TaskOf<'video'>, sdCli: SdCliForModel, run: SdCppRun): Promise<TaskResult> {
  const { options, context } = run;
  const plan = planVideo(task);
  assertWithinLimits(sdCliSettingsOf(task, sdCli.defaults));
  const inputs = await fetchImages(task, { ...options, stretch: undefined }, context.signal);
  return await withScratch(options, 'sdcpp', async (folder) => {
    const name = 'out.avi';
    const job = { ...sdCli, task, images: await inputs.writeTo(folder), output: folder.at(name) };
    const args = videoArgumentsFor({ ...job, frames: plan.requestedFrames, fps: plan.fps });
    const avi = await runInto(folder, { name, args, sdCli, refuse: () => undefined }, run);
    return await finishVideo({ task, plan, avi, signal: context.signal }, options);
  });
}

interface SdCliCall {
  readonly sdCli: SdCliForModel;
  readonly args: readonly string[];
  /** The file that it writes. */
  readonly name: string;
  readonly refuse: SdCliRun['refuse'];
  readonly onStep?: () => void;
}

/** Runs sd-cli and gives what it wrote into the folder. */
async function runInto(
  folder: ScratchFolder,
  { sdCli, args, name, refuse, onStep }: SdCliCall,
  { options, context, onDevice }: SdCppRun,
): Promise<Uint8Array> {
  const { program, env, onCrash } = sdCli;
  const progress = (done: number, total: number): void => {
    context.progress(done, total);
    onStep?.();
  };
  const command = [program, ...args];
  onDevice(await runSdCli({ command, env, context: { ...context, progress }, refuse, onCrash }, options));
  const bytes = await folder.read(name);
  if (bytes !== undefined) return bytes;
  throw new WorkerError('engine.failed', 'sd-cli exited with 0 but produced no output');
}
