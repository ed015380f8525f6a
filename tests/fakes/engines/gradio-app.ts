import { paint } from './onnx-engine.ts';

/** One parameter of an endpoint, as `/info` lists it. */
interface FakeParameter {
  readonly parameter_name: string;
  readonly parameter_has_default: boolean;
  readonly parameter_default?: unknown;
  /** Of the widget behind it, as `/config` lists them. */
  readonly props?: { readonly minimum?: number; readonly maximum?: number };
}

export const parameter = (name: string, fallback?: unknown, props: FakeParameter['props'] = {}): FakeParameter => ({
  props,
  parameter_name: name,
  parameter_has_default: fallback !== undefined,
  ...(fallback !== undefined && { parameter_default: fallback }),
});

interface FakeEndpoint {
  readonly parameters: readonly FakeParameter[];
  /** The widgets it shows its results in. */
  readonly returns?: readonly string[];
}

export interface GradioFaults {
  /** Every page is for people. */
  readonly html?: boolean;
  readonly asksForLogin?: boolean;
  /** What joining the queue is answered with. */
  readonly refuses?: number;
  /** What the work fails with. */
  readonly error?: string;
  /** The line is closed after the first step. */
  readonly closesMidway?: boolean;
  /** It never gets beyond the first step. */
  readonly hangs?: boolean;
  /** A message that is no JSON. */
  readonly garbles?: boolean;
}

export interface GradioChoice {
  readonly endpoints?: Readonly<Record<string, FakeEndpoint>>;
  readonly faults?: GradioFaults;
  /** What the endpoint gives back, instead of a picture that it painted. */
  readonly outputs?: (file: FakeFile, origin: string) => readonly unknown[];
  /** What its pages say otherwise. */
  readonly pages?: { readonly config?: object; readonly info?: object };
  /** Where the app says that it is. */
  readonly root?: string;
}

interface FakeFile {
  readonly path: string;
  readonly url: string;
  readonly orig_name: string;
  readonly meta: { readonly _type: 'gradio.FileData' };
}

/** An image app with the protocol of Gradio 5 (`sse_v3`). */
export interface GradioAppServer extends AsyncDisposable {
  readonly url: string;
  /** What endpoints were called with, by name. */
  readonly calls: readonly Readonly<Record<string, unknown>>[];
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  /** Resolves when work has begun. */
  readonly working: Promise<void>;
  /** Resolves when a client said that it gave up. */
  readonly cancelled: Promise<unknown>;
  /** Resolves when the line on which news go out was cut by the client. */
  readonly cut: Promise<void>;
}

export const PAINTER: FakeEndpoint = {
  parameters: [
    parameter('prompt'),
    parameter('Negative Prompt', ''),
    parameter('seed', 0),
    parameter('randomize_seed', true),
    parameter('width', 1024),
    parameter('height', 1024),
    parameter('guidance_scale', 3.5),
    parameter('num_inference_steps', 28),
    parameter('style', 'none'),
  ],
  returns: ['Image', 'Slider'],
};
const API = '/gradio_api';
const FILE = '/tmp/gradio/a b/image.png';
const STEPS = 4;

export async function gradioApp(choice: GradioChoice = {}): Promise<GradioAppServer> {
  const { endpoints = { '/generate': PAINTER }, faults = {} } = choice;
  const png = await paint(48, 32, (x, y) => [x * 5, y * 7, 128]);
  const calls: Record<string, unknown>[] = [];
  const asked: string[] = [];
  const working = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<unknown>();
  const cut = Promise.withResolvers<void>();
  const names = Object.keys(endpoints);
  const described = (name: string): FakeEndpoint => endpoints[name] ?? PAINTER;

  const config = (): object => ({
    version: '5.49.1',
    protocol: 'sse_v3',
    api_prefix: API,
    root: choice.root ?? `http://127.0.0.1:${server.port}`,
    space_id: null,
    connect_heartbeat: true,
    enable_queue: true,
    auth_required: faults.asksForLogin === true,
    components: names.flatMap((name, at) => [
      widget(100 * at + 99, 'state'),
      ...described(name).parameters.map(({ props }, n) => widget(100 * at + n, 'textbox', props)),
      ...(described(name).returns ?? []).map((type, n) => widget(100 * at + 50 + n, type.toLowerCase())),
    ]),
    dependencies: names.map((name, at) => ({
      id: at,
      api_name: name.slice(1),
      api_visibility: 'public',
      queue: true,
      targets: [],
      inputs: [100 * at + 99, ...described(name).parameters.map((_, n) => 100 * at + n)],
      outputs: (described(name).returns ?? []).map((_, n) => 100 * at + 50 + n),
      types: { generator: false, cancel: false },
    })),
  });
  const info = (): object => ({
    unnamed_endpoints: {},
    named_endpoints: Object.fromEntries(
      names.map((name) => [
        name,
        {
          parameters: described(name).parameters.map((about) =>
            Object.assign({ component: 'Textbox', type: {} }, about),
          ),
          returns: (described(name).returns ?? []).map((component) => ({ component, type: {} })),
        },
      ]),
    ),
  });
  const outputs = (): readonly unknown[] => {
    const url = `http://127.0.0.1:${server.port}${API}/file=${encodeURI(FILE)}`;
    const file: FakeFile = { path: FILE, url, orig_name: 'image.png', meta: { _type: 'gradio.FileData' } };
    return choice.outputs?.(file, `http://127.0.0.1:${server.port}`) ?? [file, 7];
  };
  function* story(eventId: string): Generator<object | string> {
    const about = { event_id: eventId };
    yield { msg: 'estimation', ...about, rank: 0, queue_size: 1, rank_eta: 2 };
    yield { msg: 'process_starts', ...about, eta: 2 };
    for (let index = 1; index <= STEPS; index++) {
      yield { msg: 'progress', ...about, progress_data: [{ index, length: STEPS, unit: 'steps', progress: null }] };
      if (index > 1) continue;
      if (faults.closesMidway === true) return;
      if (faults.hangs === true) yield 'hang';
      if (faults.garbles === true) yield 'garble';
      yield { msg: 'heartbeat' };
    }
    const error = faults.error === undefined ? undefined : { error: faults.error };
    const output = error ?? { data: outputs(), is_generating: false };
    yield { msg: 'process_completed', ...about, output, success: error === undefined };
  }
  const news = (): Response => {
    const encoder = new TextEncoder();
    const lines = story('event-1');
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const { done, value } = lines.next();
        if (value === 'hang') return working.resolve();
        const text = value === 'garble' ? 'data: {"msg":\n\n' : `data: ${JSON.stringify(value)}\n\n`;
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(text));
      },
      cancel: () => cut.resolve(),
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(decodeURI(pathname));
      if (faults.html === true) return new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });
      if (pathname === '/config') return Response.json({ ...config(), ...choice.pages?.config });
      if (pathname === `${API}/info`) return Response.json({ ...info(), ...choice.pages?.info });
      if (pathname === `${API}/queue/join`) {
        if (faults.refuses !== undefined) return Response.json({ detail: 'no' }, { status: faults.refuses });
        const { fn_index: at, data } = (await request.json()) as { fn_index: number; data: readonly unknown[] };
        const { parameters } = described(names[at] ?? '');
        calls.push(Object.fromEntries(parameters.map((about, n) => [about.parameter_name, data[n + 1]])));
        return Response.json({ event_id: 'event-1' });
      }
      if (pathname === `${API}/queue/data`) return news();
      if (pathname === `${API}/cancel`) {
        cancelled.resolve(await request.json());
        return Response.json({ success: true });
      }
      if (decodeURI(pathname) === `${API}/file=${FILE}`) return new Response(new Blob([new Uint8Array(png)]));
      return new Response('not here', { status: 404 });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    calls,
    asked,
    working: working.promise,
    cancelled: cancelled.promise,
    cut: cut.promise,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

const widget = (id: number, type: string, props: object = {}): object => ({ id, type, props });
