/** An engine child that does what a native library can do to its process. The task's prompt says what. */
import { WorkerError } from '../../../src/base/errors.ts';
import { promptOf, type Task } from '../../../src/contract/tasks/index.ts';
import type { RunContext } from '../../../src/engines/engine.ts';
import type { TaskResult } from '../../../src/engines/result.ts';
import type { InnerEngine, Inputs } from '../../../src/engines/host/inner.ts';
import { serveEngine } from '../../../src/engines/host/serve.ts';
import { connectParent, bindToParent } from '../../../src/system/process/parent.ts';

const never = (): Promise<never> => new Promise(() => {});
const aborted = ({ signal }: Pick<RunContext, 'signal'>): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
const flood = (): void => {
  for (let line = 0; line < 20_000; line++) process.stderr.write(`line ${line} ${'x'.repeat(80)}\n`);
};

/** Once the message has left this process. */
const sent = (message: object): Promise<void> =>
  new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));

async function deed(what: string, inputs: Inputs, context: RunContext): Promise<TaskResult> {
  switch (what) {
    case 'sleep':
      return await aborted(context);
    case 'hang':
      context.progress(1, 2);
      return await never();
    case 'spin':
      await sent({ is: 'progress', done: 1, total: 2 });
      for (;;); // as native code that never returns: not even a message is heard
    case 'crash':
      process.stderr.write('assertion failed: the sky is up\n');
      process.kill(process.pid, 'SIGSEGV');
      return await never();
    case 'exit':
      process.exit(3);
    // fallthrough: nothing comes back from an exit
    case 'flood':
      flood();
      process.kill(process.pid, 'SIGSEGV');
      return await never();
    case 'no memory':
      process.stderr.write('ggml_cuda: CUDA error: out of memory\n');
      process.abort();
    // fallthrough: nothing comes back from an abort
    case 'grow': {
      const held: Buffer[] = [];
      for (let mib = 0; mib < 1_024; mib += 32) {
        held.push(Buffer.alloc(32 * 1024 * 1024, 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return await never();
    }
    case 'babble':
      process.send?.({ is: 'progress', done: 'a lot' });
      return await never();
    case 'leave a grandchild': {
      const child = Bun.spawn(['sleep', '60']);
      return { is: 'json', value: { pid: child.pid } };
    }
    case 'refuse':
      throw new WorkerError('task.invalid', 'not like this', { hint: 'Ask nicely.', fields: { limit: 3 } });
    case 'steps':
      for (let step = 1; step <= 3; step++) context.progress(step, 3);
      return { is: 'artifact', bytes: inputs.get('initImageUrl') ?? new Uint8Array(), ext: 'bin' };
    case 'environment':
      return { is: 'json', value: { ...process.env, nice: (await import('node:os')).getPriority() } };
    default:
      return { is: 'json', value: { pid: process.pid, text: what } };
  }
}

const textOf = (task: Task): string => (task.kind === 'image' || task.kind === 'llm' ? promptOf(task) : '');

const engine: InnerEngine = {
  load: async ({ model }, { signal, lean }) => {
    if (model === 'unusable') throw new WorkerError('model.unusable', 'these are no weights');
    if (model === 'endless') await aborted({ signal });
    if (model === 'fatal') process.exit(9);
    return {
      ranOn: lean ? 'cpu' : 'cuda',
      run: async (task, inputs, context) => {
        const seeds = task.kind === 'image' && task.seed !== undefined ? { seed: String(task.seed) } : undefined;
        return seeds === undefined ? await deed(textOf(task), inputs, context) : { is: 'json', value: seeds };
      },
      [Symbol.asyncDispose]: async () => {
        if (model === 'clinging') await never();
      },
    };
  },
};

const parent = connectParent();
if (parent === undefined) throw new Error('nobody to talk with');
await bindToParent(Number(process.argv[2] ?? 0));
await serveEngine(parent, { gradio: () => Promise.resolve(engine), 'llama-cpp': () => Promise.resolve(engine) });
process.exit(0);
