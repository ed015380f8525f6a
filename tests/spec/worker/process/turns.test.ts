import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { type Restart, serveInTurn, type TurnsParts } from '../../../../src/worker/process/turns.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

/** A process whose workers live as the test says, one after the other; the last one is repeated. */
function setup(lives: readonly ((scene: Scene, restart: Restart) => number)[]) {
  const log = recordingLogger();
  const scene: Scene = { did: [], count: 0, takesOver: false, stopTo: undefined, onTakeOver: () => {} };
  let served = 0;
  const parts: TurnsParts = {
    async serve(restart) {
      scene.did.push('serve');
      return lives[Math.min(served++, lives.length - 1)]?.(scene, restart) ?? 0;
    },
    async underLock(work) {
      scene.did.push('lock');
      const code = await work();
      scene.did.push('unlock');
      return code;
    },
    updater: {
      get takesOver() {
        return scene.takesOver;
      },
      async takeOver() {
        scene.did.push('take over');
        scene.takesOver = false;
        scene.onTakeOver();
      },
      stop: () => void scene.did.push('stop the updater'),
    },
    survived: async () => void scene.did.push('survived'),
    stops: {
      get count() {
        return scene.count;
      },
      passTo: (call) => void (scene.stopTo = call),
    },
    reportTakeover: () => {
      scene.did.push('report');
      return { [Symbol.dispose]: () => void scene.did.push('end of report') };
    },
    log,
  };
  return { scene, log, run: () => serveInTurn(parts) };
}

interface Scene {
  readonly did: string[];
  count: number;
  takesOver: boolean;
  stopTo: (() => void) | undefined;
  onTakeOver: () => void;
}

test('a worker that ends by itself ends the process with its exit code', async () => {
  const { scene, run } = setup([() => 3]);
  expect(await run()).toBe(3);
  expect(scene.did).toEqual(['lock', 'serve', 'unlock', 'survived']);
});

test('a worker that is restarted is followed by another under the same lock', async () => {
  const asked = (_scene: Scene, restart: Restart): number => {
    restart.isAsked = true;
    return 0;
  };
  const { scene, log, run } = setup([asked, () => 0]);
  await run();
  expect(scene.did).toEqual(['lock', 'serve', 'serve', 'unlock', 'survived']);
  expect(log.names()).toEqual(['worker.restarting']);
});

test('a restart that was asked for is not made in a process that stops', async () => {
  const { scene, run } = setup([
    (now, restart) => {
      restart.isAsked = true;
      now.count = 1;
      return 0;
    },
  ]);
  await run();
  expect(scene.did.filter((did) => did === 'serve')).toHaveLength(1);
});

test('a new version takes over without the lock; the worker may serve again', async () => {
  const { scene, run } = setup([
    (now) => {
      now.takesOver = true;
      return 0;
    },
    () => 5,
  ]);
  expect(await run()).toBe(5);
  const first = ['lock', 'serve', 'unlock', 'survived', 'report', 'take over', 'end of report'];
  expect(scene.did).toEqual([...first, 'lock', 'serve', 'unlock', 'survived']);
});

test('a stop during a takeover goes to the updater and ends the process', async () => {
  const { scene, run } = setup([
    (now) => {
      now.takesOver = true;
      return 0;
    },
  ]);
  scene.onTakeOver = () => {
    scene.count = 1;
    scene.stopTo?.();
  };
  expect(await run()).toBe(0);
  expect(scene.did.at(-2)).toBe('stop the updater');
  expect(scene.did.filter((did) => did === 'serve')).toHaveLength(1);
});

test('a start that fails with a remedy is no death of this version', async () => {
  const { scene, run } = setup([
    () => {
      throw new WorkerError('config.invalid', 'vram_threshold_gb is "lots"');
    },
  ]);
  await failureOf(run());
  expect(scene.did.at(-1)).toBe('survived');
});

test('a start that fails for no known reason counts as a death', async () => {
  const { scene, run } = setup([
    () => {
      throw new TypeError('undefined is not a function');
    },
  ]);
  await failureOf(run());
  expect(scene.did).not.toContain('survived');
});
