import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Logger } from '../../log/logger.ts';
import type { LoadedModel, ModelFiles, RunContext, TaskResult } from '../engine.ts';
import type { NoteCrash } from '../host/crash-book.ts';
import { argumentsFor, assertModel, clipArgumentsFor, type Held, serverArgumentsFor } from './cli/arguments.ts';
import { type ClipOptions, finishClip, planClip } from './clip.ts';
import { environmentFor, type EnvironmentOptions, serverBeside } from './program/environment.ts';
import { fetchPictures, type InputOptions } from './inputs.ts';
import { outputExt } from './pictures.ts';
import { notServed, requestFor } from './server/request.ts';
import { runSdCli } from './cli/run-sd-cli.ts';
import { type ScratchFolder, type ScratchOptions, withScratch } from '../programs/scratch.ts';
import { type Server, type ServerOptions, startServer } from './server/server.ts';

export interface LoadedOptions extends ServerOptions, ScratchOptions, ClipOptions, InputOptions, EnvironmentOptions {
  readonly files: ScratchOptions['files'] & EnvironmentOptions['files'];
  readonly images: ClipOptions['images'] & InputOptions['images'];
  readonly noteCrash: NoteCrash;
  readonly log: Logger;
}

export interface Loading {
  /** Path of sd-cli. */
  readonly program: string;
  readonly model: ModelFiles;
  readonly lean: boolean;
  /** What the program lists first, until it says what it uses. */
  readonly ranOn: string | undefined;
}

/**
 * A model in the memory of sd-server where the build brings one that can paint with it. Else sd-cli loads the model for
 * each job, as it does for a job that sd-server cannot do as asked.
 *
 * @throws WorkerError `model.role-missing` | `engine.*`; the signal's reason
 */
export async function openModel(loading: Loading, options: LoadedOptions, signal: AbortSignal): Promise<LoadedModel> {
  const { model } = loading;
  assertModel(model.paths);
  const makesClips = model.defaults.mode === 'vid_gen';
  const tools = await toolsFor(loading, options);
  let { ranOn } = loading;
  const onDevice = (device: string | undefined): void => void (ranOn = device ?? ranOn);
  const holder = makesClips ? undefined : await createHolder(tools, options, signal);
  return {
    get process() {
      return holder?.held?.process;
    },
    get ranOn() {
      return ranOn;
    },
    async run(task, context) {
      if (task.kind === 'video' && makesClips) return await film(task, tools, { options, context, onDevice });
      if (task.kind === 'image' && !makesClips)
        return await paint(task, { tools, holder }, { options, context, onDevice });
      throw new WorkerError(
        'task.unsupported',
        `the sd-cpp engine makes ${makesClips ? 'video' : 'images'} with this model, not ${task.kind}`,
        {
          hint: 'The model makes video when its source has `"mode": "vid_gen"` in `cliDefaults`, and images otherwise.',
        },
      );
    },
    [Symbol.asyncDispose]: async () => await holder?.close(),
  };
}

interface Tools extends Held {
  readonly program: string;
  readonly env: EnvironmentOptions['childEnv'];
  readonly onCrash: (error: WorkerError) => void;
}

async function toolsFor({ program, model, lean }: Loading, options: LoadedOptions): Promise<Tools> {
  return {
    program,
    files: model.paths,
    defaults: model.defaults,
    lean,
    env: await environmentFor(program, options),
    onCrash: (error) => options.noteCrash('sd-cpp', model.model, error),
  };
}

/** Whoever keeps the model in memory between two jobs. */
interface Holder {
  readonly held: Server | undefined;
  /** One that runs, started anew if need be; undefined when there is none to be had. */
  get(signal: AbortSignal): Promise<Server | undefined>;
  /** Ends the server, to make room or because nobody wants the model any more. */
  release(): Promise<void>;
  /** For good. */
  close(): Promise<void>;
}

async function createHolder(tools: Tools, options: LoadedOptions, signal: AbortSignal): Promise<Holder> {
  const path = await serverBeside(tools.program, options);
  let useless = path === undefined;
  let closed = false;
  let server: Server | undefined;
  const args = (port: number): readonly string[] => serverArgumentsFor(tools, port);

  async function get(abort: AbortSignal): Promise<Server | undefined> {
    if (closed) throw unloaded();
    if (useless || path === undefined) return undefined;
    if (server !== undefined && !server.over) return server;
    const { env, onCrash } = tools;
    const started = await startServer({ path, args, env, onCrash }, options, abort);
    if (closed && typeof started !== 'string') {
      await started.close(); // the model was let go meanwhile, and nobody would end it
      throw unloaded();
    }
    if (typeof started !== 'string') return (server = started);
    useless = true;
    options.log.info('sd-server.not-used', { path, because: started });
    return undefined;
  }

  async function release(): Promise<void> {
    await server?.close();
    server = undefined;
  }

  await get(signal);
  return {
    get held() {
      return server?.over === false ? server : undefined;
    },
    get,
    release,
    async close() {
      closed = true;
      await release();
    },
  };
}

const unloaded = (): WorkerError =>
  new WorkerError('internal', 'the sd-cpp engine was asked to run after it was unloaded');

interface Doing {
  readonly options: LoadedOptions;
  readonly context: RunContext;
  /** Told what the work was computed on. */
  readonly onDevice: (device: string | undefined) => void;
}

async function paint(
  task: TaskOf<'image'>,
  { tools, holder }: { readonly tools: Tools; readonly holder: Holder | undefined },
  doing: Doing,
): Promise<TaskResult> {
  const { options, context } = doing;
  const pictures = await fetchPictures(task, options, context.signal);
  const ext = outputExt(task.ext);
  const asked = { ...tools, task, uses: [...pictures.bytes.keys()] };
  const server = await holder?.get(context.signal);
  if (server !== undefined) {
    const because = notServed(asked, server.can);
    if (because === undefined) {
      const bytes = await server.generate(requestFor(asked, pictures.bytes), context);
      doing.onDevice(server.device);
      return { is: 'artifact', bytes, ext };
    }
    options.log.info('sd-server.passed-over', { because });
    await holder?.release(); // sd-cli loads the model once more, and there may be no room for both
  }
  return await withScratch(options, 'sdcpp', async (folder) => {
    const name = `out.${ext}`;
    const args = argumentsFor({ ...asked, pictures: await pictures.writeTo(folder), output: folder.at(name) });
    return { is: 'artifact', bytes: await runInto(folder, { name, args, tools }, doing), ext };
  });
}

async function film(task: TaskOf<'video'>, tools: Tools, doing: Doing): Promise<TaskResult> {
  const { options, context } = doing;
  const plan = planClip(task);
  const pictures = await fetchPictures(task, options, context.signal);
  return await withScratch(options, 'sdcpp', async (folder) => {
    const name = 'out.avi';
    const about = { ...tools, task, pictures: await pictures.writeTo(folder), output: folder.at(name) };
    const args = clipArgumentsFor({ ...about, frames: plan.asked, fps: plan.fps });
    const avi = await runInto(folder, { name, args, tools }, doing);
    return await finishClip({ task, plan, avi, signal: context.signal }, options);
  });
}

interface SdCliCall {
  readonly tools: Tools;
  readonly args: readonly string[];
  /** The file that it writes. */
  readonly name: string;
}

/** Runs sd-cli and gives what it wrote into the folder. */
async function runInto(
  folder: ScratchFolder,
  { tools, args, name }: SdCliCall,
  { options, context, onDevice }: Doing,
): Promise<Uint8Array> {
  const { program, env, onCrash } = tools;
  onDevice(await runSdCli({ command: [program, ...args], env, context, onCrash }, options));
  const bytes = await folder.read(name);
  if (bytes !== undefined) return bytes;
  throw new WorkerError('engine.failed', 'sd-cli exited with 0 but produced no output');
}
