import type { ConfigField, ConfigView } from '../../src/local-api/contract/config.ts';
import type { ApiEngine } from '../../src/local-api/contract/engines.ts';
import type { ApiEvent } from '../../src/local-api/contract/events.ts';
import type { ApiFinding } from '../../src/local-api/contract/installation.ts';
import type { ApiJob } from '../../src/local-api/contract/jobs.ts';
import type { ApiLogLine } from '../../src/local-api/contract/logs.ts';
import type { ApiModel } from '../../src/local-api/contract/models.ts';
import type { LiveStatus } from '../../src/local-api/contract/status.ts';
import { GIB } from '../../src/base/units.ts';
import { rangeReply } from '../../src/local-api/http/ranges.ts';
import { SAFE_HEADERS } from '../../src/local-api/http/reply.ts';
import { PULL } from './models.ts';
import { PAGE_HEADERS, pageFile } from '../../src/page/served.ts';
import { pageScript } from '../../src/system/page-script.ts';

/** What the worker behind the page knows. */
export interface WorkerFacts {
  readonly status: LiveStatus;
  readonly jobs: readonly ApiJob[];
  readonly lines: readonly ApiLogLine[];
  readonly jobLogs: Readonly<Record<string, readonly ApiLogLine[]>>;
  readonly config: ConfigView;
  readonly engines: readonly ApiEngine[];
  readonly models: readonly ApiModel[];
  /** What the doctor would say. */
  readonly findings: readonly ApiFinding[];
  /** SVG, by job. */
  readonly thumbnails: Readonly<Record<string, string>>;
  /** By job. */
  readonly results: Readonly<Record<string, Uint8Array>>;
}

/**
 * A worker's API on a real socket, as far as the page uses it, with answers that a test chooses. Flow tests use the real
 * one; this one can be in states that a real worker is in for a moment only.
 */
export interface WorkerApi extends AsyncDisposable {
  readonly url: string;
  /** Requests that change something, in their order: `POST /daemon/pause`. */
  readonly asked: readonly string[];
  /** The `Last-Event-ID` of each stream. */
  readonly resumedFrom: readonly (string | null)[];
  /** What was written of the settings. */
  readonly written: readonly object[];
  readonly facts: WorkerFacts;
  change(facts: Partial<WorkerFacts>): void;
  send(event: ApiEvent): void;
  /** What the next request that changes something is refused with. */
  refuse(status: number, error: string, message: string, more?: object): void;
  /** Ends every stream, and knows no window any more, as a worker that was started again. */
  forgetSessions(): void;
  /** Breaks every stream and refuses connections, as a worker that was killed. */
  stop(): Promise<void>;
  start(): void;
}

export function openWorkerApi(facts: WorkerFacts): WorkerApi {
  let now = facts;
  let lastId = 0;
  const asked: string[] = [];
  const streams = new Set<ReadableStreamDefaultController<string>>();
  const written: object[] = [];
  const resumedFrom: (string | null)[] = [];
  let isForgetful = false;
  let refusal: Response | undefined;
  let server = listen(0);

  function listen(port: number) {
    return Bun.serve({ hostname: '127.0.0.1', port, idleTimeout: 0, fetch: answer });
  }

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method !== 'GET') return await change(`${request.method} ${pathname}`, request);
    const file = await pageFile('worker', pathname, pageScript);
    if (file !== undefined) return new Response(file.body, { headers: { ...PAGE_HEADERS, 'content-type': file.type } });
    if (pathname === '/events') return events(request);
    if (pathname === '/jobs') return Response.json(now.jobs);
    if (pathname === '/engines') return Response.json(now.engines);
    if (pathname === '/models') return Response.json(now.models);
    if (pathname === '/model-files') return Response.json(modelFiles());
    if (pathname === '/config') return Response.json(now.config);
    if (pathname === '/daemon/logs') return Response.json({ entries: now.lines, seq: now.lines.at(-1)?.seq ?? 0 });
    return ofJob(pathname, request.headers.get('range'));
  }

  async function ofJob(pathname: string, range: string | null): Promise<Response> {
    const [, , id = '', what] = pathname.split('/').map(decodeURIComponent);
    const thumbnail = now.thumbnails[id];
    if (what === 'thumbnail' && thumbnail !== undefined) {
      return new Response(thumbnail, { headers: { 'content-type': 'image/svg+xml' } });
    }
    const result = now.results[id];
    if (what === 'result' && result !== undefined) {
      const type = now.jobs.find(({ jobId }) => jobId === id)?.result?.type ?? '';
      return rangeReply(result, range, { ...SAFE_HEADERS, 'content-type': type });
    }
    const log = now.jobLogs[id];
    if (what !== 'log' || log === undefined) {
      return Response.json({ error: 'unknown_job', message: 'no such job' }, { status: 404 });
    }
    const lines = log.map(({ ts, level, category, message }) => ({ ts, level, target: category, message }));
    return Response.json({ lines, dropped: 0 });
  }

  async function change(what: string, request: Request): Promise<Response> {
    asked.push(what);
    if (refusal !== undefined) {
      const answered = refusal;
      refusal = undefined;
      return answered;
    }
    if (what.startsWith('DELETE /models/')) {
      now = { ...now, models: now.models.filter(({ id }) => !what.endsWith(`/${id}`)) };
    }
    if (what === 'PATCH /config') return Response.json(write((await request.json()) as Record<string, unknown>));
    if (what === 'POST /daemon/pause') setPaused(true);
    if (what === 'POST /daemon/resume') setPaused(false);
    const [, id, does] = /\/models\/([^/]+)\/(.+)$/.exec(what) ?? [];
    if (id !== undefined) return Response.json(ofModel(id, does));
    if (what === 'POST /page/window') {
      const windowOpenedAt = (now.status.windowOpenedAt ?? 0) + 1;
      now = { ...now, status: { ...now.status, windowOpenedAt } };
      send({ event: 'status', data: now.status });
      return Response.json({ windowOpenedAt });
    }
    if (what === 'POST /doctor') return Response.json(now.findings);
    if (what === 'POST /update/check') return Response.json({ current: '0.6.0', latest: '0.6.1', heldBack: null });
    if (what === 'POST /places/open') return Response.json({ opened: true, folder: '/home/op/models' });
    if (what === 'POST /update') return Response.json({ is: 'updating', version: '0.6.1' }, { status: 202 });
    if (/pause|resume/.test(what)) return Response.json({ paused: now.status.paused });
    return Response.json(what.endsWith('/cancel') ? { cancelled: true } : { ok: true });
  }

  const modelFiles = () => ({
    root: '/home/op/models',
    freeBytes: 212 * GIB,
    files: now.models.map(({ id, disk }) => ({
      model: id,
      filename: `${id}.gguf`,
      path: `/home/op/models/${id}.gguf`,
      sizeBytes: disk.sizeBytes,
      state: 'whole',
      usedAt: 0,
    })),
  });

  /** What a request about one model is answered with. */
  function ofModel(id: string, does: string | undefined): object {
    if (does === 'load') return { state: 'loading' };
    if (does === 'unload') return { state: 'unloaded' };
    if (does === 'pull/cancel') return { cancelled: true };
    if (does === 'verify')
      return { files: [{ filename: `${id}.gguf`, verdict: 'broken', because: 'its checksum is another' }] };
    now = { ...now, models: now.models.map((model) => (model.id === id ? { ...model, pull: PULL } : model)) };
    return PULL;
  }

  function write(patch: Record<string, unknown>): ConfigView {
    written.push(patch);
    const fields = now.config.fields.map((field) =>
      Object.hasOwn(patch, field.key)
        ? ({
            ...field,
            value: patch[field.key] ?? field.default,
            needsRestart: field.applies === 'restart',
          } as ConfigField)
        : field,
    );
    const needsRestart = fields.filter((field) => field.needsRestart).map(({ key }) => key);
    now = { ...now, config: { ...now.config, fields, needsRestart } };
    return now.config;
  }

  function setPaused(paused: boolean): void {
    const hero = paused ? (now.status.busy ? 'draining' : 'paused') : now.status.busy ? 'busy' : 'idle';
    now = { ...now, status: { ...now.status, paused, hero } };
    send({ event: 'status', data: now.status });
  }

  function events(request: Request): Response {
    if (isForgetful) return Response.json({ error: 'unauthorized', message: 'no session' }, { status: 401 });
    resumedFrom.push(request.headers.get('last-event-id'));
    let own: ReadableStreamDefaultController<string>;
    const stream = new ReadableStream<string>({
      start(controller) {
        own = controller;
        streams.add(controller);
        controller.enqueue(textOf({ event: 'status', data: now.status }));
      },
      cancel: () => void streams.delete(own),
    });
    return new Response(stream.pipeThrough(new TextEncoderStream()), {
      headers: { 'content-type': 'text/event-stream' },
    });
  }

  function textOf({ event, data }: ApiEvent): string {
    lastId += 1;
    return `id: ${lastId}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  function send(event: ApiEvent): void {
    const text = textOf(event);
    for (const stream of streams) stream.enqueue(text);
  }

  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    asked,
    resumedFrom,
    written,
    get facts() {
      return now;
    },
    change: (facts) => void (now = { ...now, ...facts }),
    send,
    refuse: (status, error, message, more = {}) =>
      void (refusal = Response.json({ error, message, ...more }, { status })),
    forgetSessions() {
      isForgetful = true;
      for (const stream of streams) stream.close();
      streams.clear();
    },
    async stop() {
      streams.clear();
      await server.stop(true);
    },
    start: () => void (server = listen(Number(new URL(url).port))),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
