#!/usr/bin/env bun
/* Stands in for stable-diffusion.cpp's sd-server and its job API (examples/server/api.md); see `sd-stand-in.ts`. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import {
  complain,
  drawnSide,
  load,
  modelOf,
  note,
  paintPicture,
  readFlags,
  sample,
  SAMPLERS,
  say,
} from './sd-stand-in.ts';

const flags = readFlags(['--listen-ip', '--listen-port']);
const port = Number(flags.get('--listen-port'));
const model = modelOf(flags);
const name = basename(model);
note(model, { program: 'sd-server', pid: process.pid, args: process.argv.slice(2) });
if (name.includes('strange')) {
  complain('[ERROR] common.cpp:1 - error: unknown argument: --listen-port\n');
  process.exit(1);
}
await load(model);

interface Job {
  status: 'queued' | 'generating' | 'completed' | 'failed' | 'cancelled';
  b64?: string;
}
interface Request {
  readonly prompt: string;
  readonly width: number;
  readonly height: number;
  readonly output_format: 'png' | 'jpeg' | 'webp';
  readonly sample_params: { readonly sample_steps: number };
  readonly init_image?: string;
}
const jobs = new Map<string, Job>();

async function work(job: Job, request: Request): Promise<void> {
  job.status = 'generating';
  const sampled = await sample(request.prompt, request.sample_params.sample_steps);
  if (!sampled || request.prompt.includes('nothing')) {
    job.status = 'failed';
    return;
  }
  const image = paintPicture(request.prompt, drawnSide(request.width, model), drawnSide(request.height, model));
  job.b64 = (await image.toFormat(request.output_format).toBuffer()).toString('base64');
  job.status = 'completed';
}

async function submit(request: Request): Promise<Response> {
  const { init_image: image, ...rest } = request;
  note(model, { program: 'sd-server', pid: process.pid, request: rest, initBytes: image?.length });
  if (request.prompt.includes('refused'))
    return Response.json({ error: 'invalid generation parameters' }, { status: 400 });
  const id = `job_${jobs.size}`;
  const job: Job = { status: 'queued' };
  jobs.set(id, job);
  void work(job, request);
  return Response.json({ id, kind: 'img_gen', status: 'queued', created: 1, poll_url: `/x/${id}` }, { status: 202 });
}

function look(id: string): Response {
  const job = jobs.get(id);
  if (job === undefined) return Response.json({ error: 'job not found' }, { status: 404 });
  const failed = job.status === 'failed';
  return Response.json({
    id,
    kind: 'img_gen',
    status: job.status,
    result: job.b64 === undefined ? null : { output_format: 'png', images: [{ index: 0, b64_json: job.b64 }] },
    error: failed ? { code: 'generation_failed', message: 'generate_image returned no results' } : null,
  });
}

function cancel(id: string): Response {
  const job = jobs.get(id);
  if (job === undefined || !name.includes('stops')) return Response.json({ error: 'conflict' }, { status: 409 });
  job.status = 'cancelled';
  return look(id);
}

/** As the real one lists them: it knows no `.ckpt`. */
function lorasIn(folder: string | undefined) {
  const names =
    folder === undefined ? [] : readdirSync(folder).filter((file) => /\.(gguf|pt|pth|safetensors)$/.test(file));
  return names.map((path) => ({ name: path.replace(/\.\w+$/, ''), path }));
}

const capabilities = {
  model: { name, stem: name, path: name.includes('alien') ? '/some/other.gguf' : model },
  supported_modes: ['img_gen'],
  samplers: [...SAMPLERS],
  loras: lorasIn(flags.get('--lora-model-dir')),
  output_formats_by_mode: { img_gen: ['png', 'jpeg', 'webp'] },
  features_by_mode: {
    img_gen: {
      init_image: true,
      mask_image: true,
      ref_images: !name.includes('plain'),
      cancel_generating: name.includes('stops'),
    },
  },
};

try {
  Bun.serve({
    hostname: '127.0.0.1',
    port,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (name.includes('old') || !pathname.startsWith('/sdcpp/v1/')) return new Response('', { status: 404 });
      const [what = '', id = '', verb] = pathname.slice('/sdcpp/v1/'.length).split('/');
      if (what === 'capabilities') return Response.json(capabilities);
      if (what === 'jobs' && verb === 'cancel') return cancel(id);
      if (what === 'jobs') return look(id);
      return what === 'img_gen' ? await submit(await request.json()) : new Response('', { status: 404 });
    },
  });
} catch {
  process.exit(0); // the real one has nothing to say about a port that is taken
}
say(`[INFO ] main.cpp:1 - listening on: http://127.0.0.1:${port}\n\n`);
