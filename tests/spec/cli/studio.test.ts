import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliDefaultsSchema, FILE_ROLES } from '../../../src/contract/model-source.ts';
import { someCapabilities } from '../../fakes/builders.ts';
import { type Answers, withStudio } from './with-studio.ts';

const AT = '2026-05-25T12:00:00.000Z';
const CAPABILITIES = someCapabilities({ username: 'ada', taskKinds: ['image'] });
const SOURCE = { engine: 'synthetic', files: [], cliDefaults: { cfgScale: 0, steps: 0, width: 0, height: 0 } };
const aJob = (job: Record<string, unknown> = {}) => ({
  id: 'job-1',
  state: 'queued',
  kind: 'image',
  model: 'synthetic',
  prompt: 'a stone golem',
  attempts: 0,
  maxAttempts: 3,
  createdAt: AT,
  updatedAt: AT,
  ...job,
});

describe('the page', () => {
  const code: Answers = { 'POST /page-codes': () => Response.json({ code: 'once', expiresAt: AT }, { status: 201 }) };

  test('is opened by a code that the studio makes for it', async () => {
    const shown: string[] = [];
    await using cli = await withStudio(code, {}, { showPage: async (url) => (shown.push(url), 'app') });
    expect(await cli.run('studio', 'dashboard')).toBe(0);
    expect(shown).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#code=once$/)]);
    expect(cli.out()).toBe('opened the dashboard\n');
  });

  test('is printed on request, and where nothing here can show it', async () => {
    await using cli = await withStudio(code, {}, { showPage: async () => 'none' });
    expect(await cli.run('studio', 'dashboard', '--print')).toBe(0);
    expect(cli.out()).toEndWith('/#code=once\n');
    expect(await cli.run('studio', 'dashboard')).toBe(0);
    expect(cli.out()).toContain('no browser was found here');
  });
});

describe('the way in', () => {
  const list: Answers = { 'GET /models': () => Response.json({ models: [] }) };

  test('the token of the studio on this machine is found by itself', async () => {
    await using cli = await withStudio(list);
    expect(await cli.run('studio', 'models', 'list')).toBe(0);
    expect(cli.seen[0]?.token).toBe('Bearer from-data-dir');
  });

  test('the environment beats the file, a named file the environment, the flag everything', async () => {
    await using cli = await withStudio(list, { STUDIO_WORKER_STUDIO_TOKEN: 'from-env' });
    const named = join(cli.folder, 'named');
    await writeFile(named, 'from-named-file\n');
    await cli.run('studio', 'models', 'list');
    await cli.run('studio', 'models', 'list', '--token-file', named);
    await cli.run('studio', 'models', 'list', '--token', 'from-flag');
    expect(cli.seen.map(({ token }) => token)).toEqual([
      'Bearer from-env',
      'Bearer from-named-file',
      'Bearer from-flag',
    ]);
  });

  test('the token of this machine is not sent to another studio', async () => {
    await using cli = await withStudio(list);
    expect(await cli.run('studio', 'models', 'list', '--url', 'https://studio.example')).toBe(64);
    expect(cli.err()).toContain('its operator token is needed');
    expect(cli.seen).toEqual([]);
  });

  test.each([
    [['--token', 'a', '--token-file', 'b'], 'use either --token or --token-file, not both'],
    [['--token-file', '/nowhere/token'], 'no operator token at /nowhere/token'],
    [['--token-file', '/dev/zero'], '--token-file: /dev/zero is no regular file'],
    [['--token', 'two words'], '--token does not contain an operator token'],
    [['--token', 'x', '--url', 'studio.example'], '--url is "studio.example"'],
  ])('%j is refused before anything is sent', async (flags, message) => {
    await using cli = await withStudio(list);
    expect(await cli.run('studio', 'models', 'list', ...flags)).toBe(64);
    expect(cli.err()).toContain(message);
    expect(cli.seen).toEqual([]);
  });

  test.each([
    [401, 77, 'wrong token', 'studio.refused'],
    [409, 77, 'it has ended', 'studio.refused'],
    [404, 69, 'no such model', 'studio.not-found'],
    [425, 69, 'too early', 'studio.unreachable'],
    [500, 69, 'the database is away', 'studio.unreachable'],
  ])('a %d is reported with the message of the studio and exit %d', async (status, exit, message, code) => {
    await using cli = await withStudio({ 'GET /models': () => Response.json({ error: 'x', message }, { status }) });
    expect(await cli.run('studio', 'models', 'list')).toBe(exit);
    expect(cli.err()).toStartWith(`error: ${message} [${code}]\n`);
  });

  test.each([
    ['a page that is no JSON', () => new Response('<html>'), 76],
    ['an answer of another shape', () => Response.json({ models: [{ id: 3 }] }), 76],
    ['an error that is no JSON', () => new Response('bad gateway', { status: 502 }), 69],
  ])('%s is not taken for an answer', async (_what, answer, exit) => {
    await using cli = await withStudio({ 'GET /models': answer });
    expect(await cli.run('studio', 'models', 'list')).toBe(exit);
    expect(cli.out()).toBe('');
  });
});

describe('jobs create', () => {
  const create: Answers = { 'POST /jobs': () => Response.json(aJob(), { status: 201 }) };

  test('queues an image for the synthetic engine by default', async () => {
    await using cli = await withStudio(create);
    expect(
      await cli.run(
        'studio',
        'jobs',
        'create',
        '--kind',
        'image',
        '--prompt',
        'a golem',
        '--width=768',
        '--seed',
        '18446744073709551615',
      ),
    ).toBe(0);
    expect(cli.seen[0]?.body).toMatchObject({
      model: 'synthetic',
      modelSource: SOURCE,
      priority: 0,
      task: { kind: 'image', prompt: 'a golem', width: 768, seed: 18446744073709551615n },
    });
    expect(cli.out()).toBe('queued job-1\n');
  });

  test.each([
    [['--kind', 'llm', '--prompt', 'hi'], { kind: 'llm', messages: [{ role: 'user', content: 'hi' }] }],
    [['--kind', 'audio_tts', '--prompt', 'hi', '--ext', 'wav'], { kind: 'audio_tts', text: 'hi', ext: 'wav' }],
    [
      ['--kind', 'audio_stt', '--input-url', 'https://e.com/a.wav'],
      { kind: 'audio_stt', inputUrl: 'https://e.com/a.wav' },
    ],
    [
      ['--kind', 'video', '--prompt', 'hi', '--seconds', '1.5', '--height', '64'],
      { kind: 'video', seconds: 1.5, height: 64 },
    ],
  ])('%j becomes the task of its kind', async (flags, task) => {
    await using cli = await withStudio(create);
    expect(await cli.run('studio', 'jobs', 'create', ...flags)).toBe(0);
    expect(cli.seen[0]?.body).toMatchObject({ task });
  });

  test('a deadline travels as a span, for the studio to count', async () => {
    await using cli = await withStudio(create);
    expect(await cli.run('studio', 'jobs', 'create', '--kind', 'llm', '--prompt', 'x', '--deadline', '90s')).toBe(0);
    expect(cli.seen[0]?.body).toMatchObject({ deadlineInMs: 90_000 });
  });

  test.each([
    ['png', '\x89PNG\r\n\x1A\n and the rest'],
    ['jpeg', '\xFF\xD8\xFF and the rest'],
    ['webp', 'RIFF\0\0\0\0WEBPVP8 '],
  ])('an image file that is a %s travels inside the task of a mesh', async (type, start) => {
    await using cli = await withStudio(create);
    const bytes = Buffer.from(start, 'latin1');
    const file = join(cli.folder, 'fox');
    await writeFile(file, bytes);
    expect(await cli.run('studio', 'jobs', 'create', '--kind', 'mesh', '--image', file, '--seed', '7')).toBe(0);
    const imageUrl = `data:image/${type};base64,${bytes.toString('base64')}`;
    expect(cli.seen[0]?.body).toMatchObject({ task: { kind: 'mesh', imageUrl, ext: 'glb' } });
  });

  test('several image files travel inside the task of a chat, in their order', async () => {
    await using cli = await withStudio(create);
    const [fir, oak] = ['fir', 'oak'].map((name) => ({
      file: join(cli.folder, name),
      bytes: Buffer.from(`\xFF\xD8\xFF ${name}`, 'latin1'),
    }));
    if (fir === undefined || oak === undefined) throw new Error('two of two');
    for (const { file, bytes } of [fir, oak]) await writeFile(file, bytes);
    const flags = ['--prompt', 'which is older?', '--image', oak.file, `--image=${fir.file}`];
    expect(await cli.run('studio', 'jobs', 'create', '--kind', 'llm', ...flags)).toBe(0);
    expect(cli.seen[0]?.body).toMatchObject({
      task: {
        kind: 'llm',
        messages: [{ role: 'user', content: 'which is older?' }],
        images: [oak, fir].map(({ bytes }) => `data:image/jpeg;base64,${bytes.toString('base64')}`),
      },
      modelSource: { engine: 'synthetic', files: [{ role: 'text-encoder-vision' }] },
    });
  });

  test('a mesh job takes one image, and otherwise only a chat takes images', async () => {
    await using cli = await withStudio(create);
    const file = join(cli.folder, 'fox');
    await writeFile(file, Buffer.from('\xFF\xD8\xFF', 'latin1'));
    const createBy = (kind: string) =>
      cli.run('studio', 'jobs', 'create', '--kind', kind, '--image', file, '--image', file);
    expect(await createBy('mesh')).toBe(64);
    expect(cli.err()).toContain('--image is given twice; a mesh is made from one image');
    expect(await createBy('video')).toBe(64);
    expect(cli.err()).toContain('--image does not apply to "video", only to llm, mesh');
    expect(cli.seen).toEqual([]);
  });

  test('images that no frame could carry are rejected with the size that one can', async () => {
    await using cli = await withStudio(create);
    const file = join(cli.folder, 'fox');
    const bytes = new Uint8Array(23 * 1024 ** 2);
    bytes.set([0xff, 0xd8, 0xff]);
    await writeFile(file, bytes);
    const line = ['studio', 'jobs', 'create', '--kind', 'llm', '--prompt', 'x', '--image', file];
    expect(await cli.run(...line, '--image', file)).toBe(64);
    expect(cli.err()).toContain('--image: the images are larger than 45.0 MiB together');
    expect(cli.err()).toContain('Name them by URL instead');
    await writeFile(file, new Uint8Array(25 * 1024 ** 2 + 1));
    expect(await cli.run(...line)).toBe(64);
    expect(cli.err()).toContain('25.0 MiB');
    expect(cli.seen).toEqual([]);
  });

  test('a file that is no image is rejected before anything is sent', async () => {
    await using cli = await withStudio(create);
    const file = join(cli.folder, 'fox.png');
    await writeFile(file, '<svg/>');
    expect(await cli.run('studio', 'jobs', 'create', '--kind', 'mesh', '--image', file)).toBe(64);
    expect(cli.err()).toContain(`--image: ${file} is no PNG, JPEG or WebP image`);
    expect(cli.seen).toEqual([]);
  });

  test('takes the task from a file and lets flags change it', async () => {
    await using cli = await withStudio(create);
    const file = join(cli.folder, 'task.json');
    await writeFile(file, '\uFEFF{"kind":"image","prompt":"from file","steps":4}');
    await cli.run(
      'studio',
      'jobs',
      'create',
      '--file',
      file,
      '--prompt',
      'from flag',
      '--model',
      'z',
      '--priority',
      '-3',
    );
    expect(cli.seen[0]?.body).toMatchObject({
      model: 'z',
      priority: -3,
      task: { kind: 'image', prompt: 'from flag', steps: 4 },
    });
    expect(cli.seen[0]?.body).not.toHaveProperty('modelSource');
  });

  test.each([
    [['--prompt', 'x'], '--kind is missing; allowed: image, llm, audio_stt, audio_tts, video, mesh'],
    [['--kind', 'llm', '--prompt', 'x', '--width', '3'], '--width does not apply to "llm", only to image, video'],
    [['--kind', 'image'], 'not a valid job: task.prompt: is missing'],
    [
      ['--kind', 'image', '--prompt', 'x', '--width', '1.5'],
      '--width is "1.5"; allowed: a whole number from 1 to 16384',
    ],
    [['--kind', 'image', '--prompt', 'x', '--width', '0'], '--width is "0"; allowed: a whole number from 1 to 16384'],
    [
      ['--kind', 'image', '--prompt', 'x', '--height', '99999'],
      '--height is "99999"; allowed: a whole number from 1 to',
    ],
    [
      ['--kind', 'image', '--prompt', 'x', '--steps', '1001'],
      '--steps is "1001"; allowed: a whole number from 1 to 1000',
    ],
    [
      ['--kind', 'image', '--prompt', 'x', '--ext', 'exe'],
      '--ext is "exe"; allowed for image: webp, png, jpg, jpeg, gif, tif, tiff, bmp',
    ],
    [['--kind', 'audio_tts', '--prompt', 'x', '--ext', 'png'], '--ext is "png"; allowed for audio_tts: wav, mp3, ogg'],
    [
      ['--kind', 'video', '--prompt', 'x', '--ext', 'mov'],
      '--ext is "mov"; allowed for video: mp4, webm, gif, webp, avi',
    ],
    [['--kind', 'image', '--prompt', 'x', '--seed', '-1'], '--seed is "-1"; allowed: a whole number'],
    [['--kind', 'mesh'], 'not a valid job: task.imageUrl: is missing'],
    [['--kind', 'mesh', '--prompt', 'x'], '--prompt does not apply to "mesh"'],
    [['--kind', 'mesh', '--image', '/nowhere.png'], '--image: /nowhere.png does not exist'],
    [['--kind', 'mesh', '--image', '/dev/zero'], '--image: /dev/zero is no regular file'],
    [['--file', '/nowhere.json'], '--file: /nowhere.json does not exist'],
    [['--file', '/dev/zero'], '--file: /dev/zero is no regular file'],
  ])('%j is refused here', async (flags, message) => {
    await using cli = await withStudio(create);
    expect(await cli.run('studio', 'jobs', 'create', ...flags)).toBe(64);
    expect(cli.err()).toContain(message);
    expect(cli.seen).toEqual([]);
  });

  test.each([
    ['{', 'is not valid JSON'],
    ['[1]', 'must contain a JSON object'],
  ])('a task file with %s is named', async (content, message) => {
    await using cli = await withStudio(create);
    const file = join(cli.folder, 'task.json');
    await writeFile(file, content);
    expect(await cli.run('studio', 'jobs', 'create', '--file', file)).toBe(64);
    expect(cli.err()).toContain(`${file} ${message}`);
  });
});

describe('jobs list', () => {
  test('shows state, age, and what it waits for or failed by in a table', async () => {
    const jobs = [
      aJob({ waitsFor: 'rig-01 is asked next' }),
      aJob({ id: 'job-2', state: 'failed', error: 'no engine', workerId: 'w-1' }),
    ];
    await using cli = await withStudio({ 'GET /jobs': () => Response.json({ jobs }) });
    expect(await cli.run('studio', 'jobs', 'list')).toBe(0);
    expect(cli.out().split('\n')[1]).toMatch(
      /^job-1 +queued +0 +image +synthetic +- +\d+ d ago +\d+ d.* +- +rig-01 is asked next$/,
    );
    expect(cli.out().split('\n')[2]).toMatch(
      /^job-2 +failed +0 +image +synthetic +w-1 +\d+ d ago +\d+ d.* +- +no engine$/,
    );
  });

  test('follows pages until the limit and filters by state', async () => {
    await using cli = await withStudio({
      'GET /jobs': ({ path }) =>
        path.includes('cursor=')
          ? Response.json({ jobs: [aJob({ id: 'b' })] })
          : Response.json({ jobs: [aJob({ id: 'a' })], nextCursor: 'c 1' }),
    });
    await cli.run('studio', 'jobs', 'list', '--state', 'queued', '--limit', '900', '--json');
    expect(cli.seen.map(({ path }) => path)).toEqual([
      '/jobs?limit=500&state=queued',
      '/jobs?limit=500&state=queued&cursor=c+1',
    ]);
    expect(JSON.parse(cli.out())).toMatchObject([{ id: 'a' }, { id: 'b' }]);
  });
});

describe('jobs set', () => {
  const deadline = '2027-01-31T18:00:00.000Z';
  const change: Answers = {
    'GET /jobs/job-1': () => Response.json(aJob()),
    'PATCH /jobs/job-1': () => Response.json(aJob({ priority: -3, deadline })),
  };

  test.each([
    [['--priority', '-3'], { priority: -3 }],
    [['--deadline', '10m', '--priority', '0'], { deadlineInMs: 600_000, priority: 0 }],
    [['--deadline', '2027-01-31T19:00+01:00'], { deadline }],
    [['--deadline', 'none'], { deadline: 'none' }],
  ])('%p changes the job and prints how it stands', async (flags, body) => {
    await using cli = await withStudio(change);
    expect(await cli.run('studio', 'jobs', 'set', 'job-1', ...flags)).toBe(0);
    expect(cli.seen.at(-1)).toMatchObject({ method: 'PATCH', body });
    expect(cli.out()).toBe(`job-1 has priority -3 and its deadline at ${deadline}\n`);
  });

  test.each([
    [[]],
    [['--priority', '1001']],
    [['--priority', 'high']],
    [['--deadline', '0m']],
    [['--deadline', '2027-01-31T18:00']],
    [['--deadline', '2027-13-31T18:00Z']],
    [['--deadline', 'tomorrow']],
  ])('rejects %p as usage', async (flags) => {
    await using cli = await withStudio(change);
    expect(await cli.run('studio', 'jobs', 'set', 'job-1', ...flags)).toBe(64);
    expect(cli.err()).toContain(flags[0] ?? '--priority');
    expect(cli.seen).toEqual([]);
  });
});

describe('jobs get', () => {
  test.each([
    ['job-1', '../../.profile'],
    ['job-1', 'webp:stream'],
    ['../job', 'webp'],
    ['con', 'webp'],
  ])('a studio that calls the artifact of %j %j does not choose the file', async (id, ext) => {
    const artifact = { ext, contentType: 'image/webp', sizeBytes: 4, sha256: 'aa' };
    await using cli = await withStudio({
      'GET /jobs/job-1': () => Response.json(aJob({ id, state: 'completed', artifact })),
    });
    expect(await cli.run('studio', 'jobs', 'get', 'job-1')).toBe(64);
    expect(cli.err()).toContain('which is no plain file name');
    expect(cli.seen.map(({ path }) => path)).toEqual(['/jobs/job-1']);
  });
});

describe('jobs watch', () => {
  /** Answers that change with every look. */
  const changing = (...views: readonly Record<string, unknown>[]) => {
    let at = 0;
    return () => Response.json(aJob(views[Math.min(at++, views.length - 1)]));
  };

  test('prints each change once and ends with the job', async () => {
    const artifact = { ext: 'webp', contentType: 'image/webp', sizeBytes: 2048, sha256: 'aa' };
    await using cli = await withStudio({
      'GET /jobs/job-1': changing({}, {}, { state: 'running' }, { state: 'completed', artifact }),
    });
    expect(await cli.run('studio', 'jobs', 'watch', 'job-1')).toBe(0);
    expect(cli.out()).toBe(
      ['queued', 'running', 'completed: webp, 2.0 KiB'].map((end) => `job-1 image (synthetic): ${end}\n`).join(''),
    );
  });

  test.each(['failed', 'cancelled'])('exits 1 when the job %s', async (state) => {
    await using cli = await withStudio({ 'GET /jobs/job-1': changing({ state, error: 'no engine' }) });
    expect(await cli.run('studio', 'jobs', 'watch', 'job-1', '--json')).toBe(1);
    expect(JSON.parse(cli.out())).toMatchObject({ id: 'job-1', state, error: 'no engine' });
  });

  test('follows every open job when none is named', async () => {
    await using cli = await withStudio({
      'GET /jobs': ({ path }) => Response.json({ jobs: path.includes('queued') ? [] : [aJob({ id: 'job-1' })] }),
      'GET /jobs/job-1': changing({ state: 'completed', result: { text: 'hi' } }),
    });
    expect(await cli.run('studio', 'jobs', 'watch')).toBe(0);
    expect(cli.out()).toBe('job-1 image (synthetic): completed: {"text":"hi"}\n');
  });

  test('has nothing to do when nothing is open', async () => {
    await using cli = await withStudio({ 'GET /jobs': () => Response.json({ jobs: [] }) });
    expect(await cli.run('studio', 'jobs', 'watch')).toBe(0);
    expect(cli.out()).toBe('');
  });
});

describe('workers', () => {
  const waiting = {
    requestId: 'rr-1',
    installId: 'i',
    machineName: 'evil\u001B[2Jrig',
    username: 'ada',
    agentVersion: '0.5.0',
    vramTotalGb: 8,
    taskKinds: ['llm'],
    supportedModels: [],
    createdAt: AT,
  };
  const AGO = expect.stringMatching(/^\d+ d ago$/) as string;
  const APPROVE = 'run `studio-worker studio workers approve rr-1`';
  const worker = { workerId: 'w-1', connected: true, capabilities: CAPABILITIES, currentJobId: 'job-9', createdAt: AT };

  test('lists who waits before who works, on clean lines', async () => {
    await using cli = await withStudio({
      'GET /registrations': () => Response.json({ registrations: [waiting] }),
      'GET /workers': () =>
        Response.json({ workers: [worker, { ...worker, workerId: 'w-2', connected: false, lastSeenAt: AT }] }),
    });
    expect(await cli.run('studio', 'workers', 'list')).toBe(0);
    const rows = cli
      .out()
      .split('\n')
      .slice(1, -1)
      .map((row) => row.split(/ {2,}/));
    expect(rows).toEqual([
      ['rr-1', 'awaiting approval', 'evilrig', '0.5.0', '8 GiB', AGO, 'llm', APPROVE],
      ['w-1', 'running job-9', 'rig-01', '0.5.0', '24 GiB', 'never', 'image', '-'],
      ['w-2', 'offline', 'rig-01', '0.5.0', '24 GiB', AGO, 'image', '-'],
    ]);
  });

  test('lists how many jobs a worker runs of those it takes', async () => {
    const many = { ...worker, currentJobIds: ['job-9', 'job-10', 'job-11'], maxJobs: 4 };
    const elsewhere = { ...many, workerId: 'w-2', maxJobs: undefined };
    await using cli = await withStudio({
      'GET /registrations': () => Response.json({ registrations: [] }),
      'GET /workers': () => Response.json({ workers: [many, elsewhere] }),
    });
    expect(await cli.run('studio', 'workers', 'list')).toBe(0);
    expect(cli.out()).toMatch(/w-1 +running 3 of 4 /);
    expect(cli.out()).toMatch(/w-2 +running 3 /);
  });

  test('approves by request and names the new worker', async () => {
    await using cli = await withStudio({
      'GET /registrations': () => Response.json({ registrations: [{ ...waiting, requestId: 'rr/1' }] }),
      'POST /registrations/rr%2F1/approve': () => Response.json({ workerId: 'w-3' }),
    });
    expect(await cli.run('studio', 'workers', 'approve', 'rr/')).toBe(0);
    expect(cli.out()).toBe('approved as w-3\n');
  });

  test('rejects with a reason', async () => {
    await using cli = await withStudio({
      'GET /registrations': () => Response.json({ registrations: [waiting] }),
      'POST /registrations/rr-1/reject': () => new Response(null, { status: 204 }),
    });
    expect(await cli.run('studio', 'workers', 'reject', 'rr-1', '--reason', 'who is this')).toBe(0);
    expect(cli.seen.at(-1)?.body).toEqual({ reason: 'who is this' });
  });
});

/** Every field that the contract's version of today has, each with a value of its own. */
const EVERY_DEFAULT = {
  cfgScale: 7.5,
  steps: 12,
  width: 1024,
  height: 768,
  samplingMethod: 'euler',
  flowShift: 3,
  zeroCondT: true,
  offloadToCpu: true,
  contextSize: 16_384,
  chatTemplateKwargs: { enable_thinking: false },
  mmap: true,
  maxVramGib: 6.5,
  loraWeight: 0.65,
  vision: { task: 'detect', labels: ['fox'] },
  pipeline: 'pixal3d',
  resolution: 1024,
  lowVram: true,
  decimationTarget: 40_000,
  textureSize: 2048,
  mode: 'vid_gen',
};
const EVERY_ROLE = ['diffusion-model', 'text-encoder', 'text-encoder-vision', 'vae', 'lora', 'model', 'labels'];

/** A model that lacks only its size. */
const FLAGS = ['--id=z', '--kind=llm', '--engine=llama-cpp'];
const MESH = ['--id=z', '--kind=mesh', '--engine=torch', '--vram=15'];
const IMAGE = ['--id=z', '--kind=image', '--engine=sd-cpp', '--vram=8', '--model=https://e.com/sd.gguf'];
const byRole = (one: { role: string }, other: { role: string }): number => one.role.localeCompare(other.role);

describe('models', () => {
  const model = { id: 'z', kind: 'image', vramGbEstimate: 6.5, source: SOURCE, createdAt: AT, updatedAt: AT };

  test('a model sends all its file roles and defaults to the studio', async () => {
    await using cli = await withStudio({ 'POST /models': () => Response.json(model, { status: 201 }) });
    const files = EVERY_ROLE.map((role) => ({ role, url: `https://example.invalid/${role}`, filename: role }));
    const draft = { id: 'z', kind: 'image', vramGbEstimate: 6.5 };
    const source = { engine: 'sd-cpp', files, cliDefaults: EVERY_DEFAULT };
    const file = join(cli.folder, 'model.json');
    await writeFile(file, JSON.stringify({ ...draft, source, createdAt: AT, updatedAt: AT }));
    expect(await cli.run('studio', 'models', 'add', file)).toBe(0);
    expect(cli.seen[0]?.body).toMatchObject({ ...draft, source });
  });

  test.each([
    [{ vramGb: 4 }, 'vramGb: is unknown'],
    [{ source: { ...SOURCE, cliDefaults: { ...SOURCE.cliDefaults, loraWieght: 0.5 } } }, 'loraWieght: is unknown'],
    [{ source: { ...SOURCE, files: [{ role: 'vae', url: 'u', filename: 'f', sha265: '0' }] } }, 'sha265: is unknown'],
    [
      { source: { ...SOURCE, files: [{ role: 'controlnet', url: 'u', filename: 'f' }] } },
      'source.files.0.role: expected',
    ],
  ])('a model with %j is rejected by the name of that field', async (slip, message) => {
    await using cli = await withStudio({});
    const file = join(cli.folder, 'model.json');
    await writeFile(file, JSON.stringify({ id: 'z', kind: 'image', vramGbEstimate: 6.5, source: SOURCE, ...slip }));
    expect(await cli.run('studio', 'models', 'add', file)).toBe(64);
    expect(cli.err()).toContain(message);
    expect(cli.seen).toEqual([]);
  });

  test('adds a model from a file', async () => {
    await using cli = await withStudio({ 'POST /models': () => Response.json(model, { status: 201 }) });
    const file = join(cli.folder, 'model.json');
    await writeFile(file, JSON.stringify({ id: 'z', kind: 'image', vramGbEstimate: 6.5, source: SOURCE }));
    expect(await cli.run('studio', 'models', 'add', file)).toBe(0);
    expect(cli.seen[0]?.body).toEqual({ id: 'z', kind: 'image', vramGbEstimate: 6.5, source: SOURCE });
    expect(cli.out()).toBe('added z\n');
  });

  test('a model file with every role and default reaches the studio unchanged', async () => {
    await using cli = await withStudio({ 'POST /models': () => Response.json(model, { status: 201 }) });
    const file = join(cli.folder, 'model.json');
    const files = FILE_ROLES.map((role) => ({ role, url: `https://e.com/${role}`, filename: role }));
    const cliDefaults = {
      cfgScale: 7.5,
      steps: 12,
      width: 1024,
      height: 1024,
      samplingMethod: 'euler',
      flowShift: 3,
      zeroCondT: true,
      offloadToCpu: true,
      contextSize: 8192,
      chatTemplateKwargs: { thinking: false },
      mmap: false,
      maxVramGib: 15,
      loraWeight: 0.65,
      vision: { task: 'detect' },
      pipeline: 'pixal3d',
      resolution: 1024,
      lowVram: true,
      decimationTarget: 40_000,
      textureSize: 1024,
      mode: 'img_gen',
    };
    expect(Object.keys(cliDefaults)).toEqual(Object.keys(CliDefaultsSchema.entries));
    const draft = { id: 'z', kind: 'mesh', vramGbEstimate: 15.5, source: { engine: 'torch', files, cliDefaults } };
    await writeFile(file, JSON.stringify(draft));
    expect(await cli.run('studio', 'models', 'add', file)).toBe(0);
    expect(cli.seen[0]?.body).toEqual(draft);
  });

  test('flags give every role and every default, digests and sizes behind the address', async () => {
    await using cli = await withStudio({ 'POST /models': () => Response.json(model, { status: 201 }) });
    const sha256 = 'ab'.repeat(32);
    const files = FILE_ROLES.map((role) => ({ role, url: `https://e.com/${role}.bin`, filename: `${role}.bin` }));
    const roleFlags = files.map(({ role, url }) => `--${role === 'config' ? 'voice-config' : role}=${url}`);
    const defaultFlags = Object.entries(EVERY_DEFAULT).map(([key, value]) => {
      const name = `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      return value === true ? name : `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`;
    });
    const line = ['--id=z', '--kind=image', '--engine=sd-cpp', '--vram=6.5', '--name=Z', ...roleFlags, ...defaultFlags];
    const ink = `--lora=https://e.com/dl?id=7#filename=ink.gguf&bytes=9007199254740991&sha256=${sha256.toUpperCase()}`;
    expect(await cli.run('studio', 'models', 'add', ...line, ink)).toBe(0);
    const [sent] = cli.seen;
    const { source, ...rest } = (sent?.body ?? {}) as { source: { files: { role: string }[] } };
    expect(rest).toEqual({ id: 'z', kind: 'image', displayName: 'Z', vramGbEstimate: 6.5 });
    const second = { role: 'lora', url: 'https://e.com/dl?id=7', filename: 'ink.gguf', sha256 };
    expect(source).toMatchObject({ engine: 'sd-cpp', cliDefaults: EVERY_DEFAULT });
    expect(source.files.toSorted(byRole)).toEqual(
      [...files, { ...second, approxBytes: 9_007_199_254_740_991 }].toSorted(byRole),
    );
  });

  test('a chat model needs no more than five flags', async () => {
    await using cli = await withStudio({ 'POST /models': () => Response.json(model, { status: 201 }) });
    const line = ['--id=q', '--kind=llm', '--engine=llama-cpp', '--vram=3', '--model=https://e.com/q%202b.gguf'];
    expect(await cli.run('studio', 'models', 'add', ...line)).toBe(0);
    expect(cli.seen[0]?.body).toEqual({
      id: 'q',
      kind: 'llm',
      vramGbEstimate: 3,
      source: {
        engine: 'llama-cpp',
        files: [{ role: 'model', url: 'https://e.com/q%202b.gguf', filename: 'q 2b.gguf' }],
        cliDefaults: { cfgScale: 0, steps: 0, width: 0, height: 0 },
      },
    });
  });

  test('flags win over the file of a model', async () => {
    await using cli = await withStudio({ 'POST /models': () => Response.json(model, { status: 201 }) });
    const file = join(cli.folder, 'model.json');
    const files = ['vae', 'lora'].map((role) => ({ role, url: `https://e.com/${role}`, filename: role }));
    await writeFile(
      file,
      JSON.stringify({ id: 'z', kind: 'image', vramGbEstimate: 6.5, source: { ...SOURCE, files } }),
    );
    const line = ['--id', 'y', '--steps', '9', '--lora', 'http://e.com/a', '--lora', 'http://e.com/b'];
    expect(await cli.run('studio', 'models', 'add', file, ...line)).toBe(0);
    expect(cli.seen[0]?.body).toEqual({
      id: 'y',
      kind: 'image',
      vramGbEstimate: 6.5,
      source: {
        engine: SOURCE.engine,
        files: [
          files[0],
          { role: 'lora', url: 'http://e.com/a', filename: 'a' },
          { role: 'lora', url: 'http://e.com/b', filename: 'b' },
        ],
        cliDefaults: { ...SOURCE.cliDefaults, steps: 9 },
      },
    });
  });

  test.each([
    [[], '--id is missing; a model is described by flags or by a JSON file'],
    [['--id=z', '--kind=llm', '--vram=1'], '--engine is missing'],
    [['--engine', 'llama'], '--engine is "llama"; allowed: sd-cpp, llama-cpp'],
    [[...FLAGS, '--vram', '-1'], '--vram is "-1"; allowed: a number of at least 0'],
    [[...FLAGS, '--vram=1', '--steps', '1.5'], '--steps is "1.5"; allowed: a whole number from 0 to 4294967295'],
    [[...FLAGS, '--vram=1', '--lora-weight', 'much'], '--lora-weight is "much"; allowed: a number'],
    [[...FLAGS, '--vram=1', '--mode', 'gif'], '--mode is "gif"; allowed: img_gen, vid_gen'],
    [[...FLAGS, '--vram=1', '--vision', '[1]'], '--vision is "[1]"; allowed: a JSON object'],
    [[...FLAGS, '--vram=1', '--chat-template-kwargs', '{'], '--chat-template-kwargs is "{"; allowed: a JSON object'],
    [[...FLAGS, '--vram=1', '--vae', './vae.gguf'], '--vae is "./vae.gguf"; allowed: a URL'],
    [[...FLAGS, '--vram=1', '--vae', 'https://e.com/'], '--vae does not end in a file name'],
    [[...FLAGS, '--vram=1', '--vae', 'https://e.com/v#sha256=12'], '--vae: sha256 is "12"; allowed: 64 hexadecimal'],
    [[...FLAGS, '--vram=1', '--vae', 'https://e.com/v#bytes=-1'], '--vae: bytes is "-1"; allowed: a whole number'],
    [[...FLAGS, '--vram=1', '--vae', 'https://e.com/v#md5=1'], '--vae has "md5" behind the #; allowed: filename'],
    [[...FLAGS, '--vram=1', '--vae', 'https://e.com/1', '--vae', 'https://e.com/2'], '--vae is given twice'],
    [[...FLAGS, '--vram=1', '--pipeline', 'bogus'], '--pipeline is "bogus"; allowed: pixal3d, trellis2, hunyuan3d'],
    [MESH, "no job could run on this model: the torch engine needs `pipeline` in the model's cliDefaults"],
    [[...MESH, '--pipeline=pixal3d'], "the torch engine needs `maxVramGib` in the model's cliDefaults"],
    [[...FLAGS, '--vram=1', '--text-encoder-vision', 'https://e.com/mmproj.gguf'], 'contained no .gguf file'],
    [
      [...IMAGE, '--lora', 'https://e.com/ink%20bold.gguf'],
      'the LoRA file "ink bold.gguf" cannot be named in a prompt',
    ],
    [[...IMAGE, '--vae', 'https://e.com/v#filename=../v'], 'model filename must be a plain file name: "../v"'],
    [[...FLAGS, '--vram=1', '--vea', 'https://e.com/v'], 'unknown flag "--vea": did you mean "--vae"?'],
  ])('a model by %j is rejected by the name of that flag', async (line, message) => {
    await using cli = await withStudio({});
    expect(await cli.run('studio', 'models', 'add', ...line)).toBe(64);
    expect(cli.err()).toContain(message);
    expect(cli.seen).toEqual([]);
  });

  test('a wrong value points to the command’s help, a taken id to replace', async () => {
    await using cli = await withStudio({
      'POST /models': () =>
        Response.json({ error: 'conflict', message: 'there is a model "z" already' }, { status: 409 }),
    });
    await cli.run('studio', 'models', 'add', ...FLAGS, '--vram', '-3');
    expect(cli.err()).toContain('\nhint: Run `studio-worker studio models add --help` for usage.\n');
    expect(await cli.run('studio', 'models', 'add', ...FLAGS, '--vram', '3')).toBe(77);
    expect(cli.err()).toEndWith(
      '\nhint: Change it with `studio-worker studio models replace --id z`, or give the new one another --id.\n',
    );
  });

  test('names the field that is wrong and sends nothing', async () => {
    await using cli = await withStudio();
    const file = join(cli.folder, 'model.json');
    await writeFile(file, JSON.stringify({ id: 'z', kind: 'sculpture', vramGbEstimate: 1, source: SOURCE }));
    expect(await cli.run('studio', 'models', 'add', file)).toBe(64);
    expect(cli.err()).toContain('is not a valid model: kind: expected');
    expect(cli.seen).toEqual([]);
  });

  test('lists and removes models', async () => {
    await using cli = await withStudio({
      'GET /models': () => Response.json({ models: [model] }),
      'DELETE /models/z': () => new Response(null, { status: 204 }),
    });
    await cli.run('studio', 'models', 'list');
    expect(cli.out().split('\n')[1]).toMatch(/^z +image +synthetic +6\.5 GiB +0 +-$/);
    expect(await cli.run('studio', 'models', 'rm', 'z', '--json')).toBe(0);
    expect(cli.out()).toEndWith('{\n  "modelId": "z",\n  "removed": true\n}\n');
  });
});
