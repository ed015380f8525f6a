import { gpuNames } from '../../base/gpu-device.ts';
import type { LocalApiDeps } from '../deps.ts';
import { ApiFailure, jsonReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';
import { fullStatus } from '../view/status-view.ts';
import type { ApiFacts } from './facts.ts';

type WorkerRoute =
  | 'healthz'
  | 'readyz'
  | 'workerStatus'
  | 'workerLogs'
  | 'pause'
  | 'resume'
  | 'shutdown'
  | 'resetRegistration'
  | 'engines'
  | 'update';

/** The worker as a whole. */
export function workerHandlers(deps: LocalApiDeps, facts: ApiFacts): Pick<Handlers, WorkerRoute> {
  const { control, config, log, registration } = deps;
  return {
    healthz: async () => jsonReply(await health(deps, facts)),
    async readyz() {
      const { status } = await facts.read();
      const because = (status.obstacles ?? []).map((obstacle) => obstacle.because);
      return jsonReply({ ok: because.length === 0, because }, because.length === 0 ? 200 : 503);
    },
    workerStatus: async () => jsonReply(fullStatus(await facts.read(), config.current)),
    workerLogs({ query: { after = 0 } }) {
      const { ring } = log;
      // A number from another run of the worker says nothing about this one.
      const lines = after > ring.lastSeq ? ring.all() : ring.after(after);
      return jsonReply({ entries: lines.map(({ seq, item }) => Object.assign({ seq }, item)), seq: ring.lastSeq });
    },
    pause: async () => jsonReply({ paused: (await control.pause({})).paused }),
    resume: async () => jsonReply({ paused: (await control.resume({})).paused }),
    engines: async () => jsonReply(await deps.engines()),
    update: async ({ body }) => jsonReply(await control.update(body), 202),
    async shutdown() {
      await control.stop({});
      return jsonReply({ ok: true }, 202);
    },
    async resetRegistration() {
      const { registration: now } = await control.status({});
      if (now.at !== 'rejected') throw new ApiFailure(409, 'not_rejected', 'the studio has not rejected this worker');
      registration.reset();
      return jsonReply({ ok: true }, 202);
    },
  };
}

async function health({ config, machine }: LocalApiDeps, facts: ApiFacts) {
  const { status, memory } = await facts.read();
  const modelsRoot = config.current.models_root;
  const gpus = memory?.report.gpus ?? [];
  return {
    ok: true,
    version: status.version,
    busy: status.runningJobs.length > 0,
    engine: status.modelEngines[0] ?? null,
    modelsRoot,
    modelsRootFreeBytes: (await machine.freeBytes(modelsRoot)) ?? null,
    gpuRuntime:
      memory === undefined
        ? null
        : { ok: gpus.length > 0, detail: gpuNames(gpus).join(', ') || memory.report.reasons.join('; ') },
  };
}
