import { DAYS } from '../../../src/base/config/schedule-window.ts';
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ConfigValue, KeyType } from '../../../src/config/key-types.ts';
import { TASK_KIND_IDS } from '../../../src/contract/tasks/index.ts';
import { toWorkerError, type WorkerError } from '../../../src/base/errors.ts';
import { freshText, patchText, readConfig, renderConfig, shownFacts } from '../../../src/config/read.ts';
import { CONFIG_KEYS } from '../../../src/config/keys.ts';
import { type ConfigPatch, KEYS, specOf } from '../../../src/config/schema.ts';
import { configRows } from '../../fakes/config-rows.ts';

const PATH = '/home/pat/.config/minis-studio-worker/config.toml';
const FOLDERS = { homeDir: '/home/pat', tempDir: '/tmp' };
const LEAST = 'api_base_url = "https://studio.lan"\nvram_threshold_gb = 6.5\n';

const read = (text: string, folders = FOLDERS) => readConfig(text, PATH, folders);
function failure(text: string): WorkerError {
  try {
    read(text);
  } catch (thrown) {
    return toWorkerError(thrown);
  }
  throw new Error('expected the file to be refused');
}

test('a file with the two required keys gets every default', () => {
  expect(read(LEAST)).toEqual({
    api_base_url: 'https://studio.lan',
    allow_insecure_http: false,
    vram_threshold_gb: 6.5,
    memory_max_gb: 32,
    auto_enabled: true,
    auto_start: true,
    only_when_idle: false,
    pause_on_battery: false,
    local_priority: 'first',
    pause_when_full_screen: false,
    start_minimised: true,
    notify_on_completion: false,
    notify_on_failure: false,
    engine_nice: 10,
    keep_warm_secs: 300,
    stop_grace_secs: 60,
    outbox_max_gb: 2,
    output_check: 'reject',
    models_root: '/home/pat/models',
    disk_floor_gb: 5,
    allow_private_urls: false,
    allow_cpu: true,
    auto_update_enabled: true,
    auto_update_interval_secs: 1800,
    auto_update_feed: 'https://api.github.com/repos/webbertakken/studio-worker/releases',
    auto_update_prerelease: false,
    auto_update_allow_unsigned: false,
  });
});

test('keys that a hand-written file leaves out have their documented defaults', () => {
  const defaults = { api_base_url: 'https://studio.minis.gg/', vram_threshold_gb: 12 };
  expect(read('auto_enabled = false\n')).toMatchObject({ ...defaults, auto_enabled: false });
  expect(read('api_base_url = ""\n')).toMatchObject(defaults);
});

test.each([
  '$HOME/models',
  '$home',
  '${HOME}/models',
  '$(pwd)/models',
  '%USERPROFILE%\\models',
  '/home/$USER/models',
  '/data/${USER}',
  'D:\\%USERNAME%\\models',
  'file:///srv/models',
  '"/srv/models"',
])('a models root of %s is refused', (root) => {
  expect(failure(`models_root = '${root}'\n`).message).toContain('models_root takes a path in quotes; variables are');
});

test.each([
  ['gradio_endpoint_url', '"http://127.0.0.1:7860\\u0000"'],
  ['models_root', '"/srv/models\\n"'],
  ['supported_models_override', '["z-image\\u001b[2J"]'],
  ['api_base_url', '"https://studio.lan\\r\\nX-Evil: 1"'],
])('a control character in %s is refused with the key', (key, value) => {
  const file = key === 'api_base_url' ? 'vram_threshold_gb = 6.5\n' : LEAST;
  expect(failure(`${file}${key} = ${value}\n`)).toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining(`${key} takes a`),
  });
});

test('strange keys and line ends are read, endless nesting is refused', () => {
  expect(read(`\uFEFF${LEAST.replaceAll('\n', '\r\n')}`).vram_threshold_gb).toBe(6.5);
  expect(read(`${LEAST}"__proto__".auto_enabled = false\nconstructor.prototype = 1\n`).auto_enabled).toBe(true);
  for (const [open, close] of [
    ['[', ']'],
    ['{a=', '}'],
  ] as const) {
    const nested = `x = ${open.repeat(20_000)}1${close.repeat(20_000)}`;
    expect(failure(`${LEAST}${nested}\n`).message).toContain('excessively nested');
  }
});

test.each(['/srv/$cache', '/srv/100%', '~/models', 'D:\\models'])('a models root of %s is a plain folder', (root) => {
  expect(read(`models_root = '${root}'\n`).models_root).toBe(root.replace('~', '/home/pat'));
});

test('keys of other versions and other tools are passed over', () => {
  const extra = `${LEAST}label = "garage"\nengines = ["sd-cpp"]\n[tray]\nauth_token = 5\n`;
  expect(read(extra)).toEqual(read(LEAST));
});

test('a list of models and a table of kinds survive saving another key', () => {
  const text = `${LEAST}supported_models_override = ["z-image", "onnx:*"]\n\n[kinds]\nvideo = false\n`;
  expect(read(text)).toMatchObject({ supported_models_override: ['z-image', 'onnx:*'], kinds: { video: false } });
  const saved = patchText(text, { worker_id: 'w-1' });
  expect(saved).toContain('\n[kinds]\nvideo = false\n');
  expect(read(saved)).toEqual({ ...read(text), worker_id: 'w-1' });
});

test.each([
  ['[kinds]\nmesh = true\nvidoe = false\n', ':5:1: kinds names "vidoe", which is no kind of task; did you mean video?'],
  ['kinds = { video = false, "mehs" = false }\n', ':3:26: kinds names "mehs", which is no kind of task'],
  ['kinds.mesh = "off"\n', ':3:7: kinds.mesh takes `true` or `false`'],
  ['kinds = ["llm"]\n', 'kinds takes a table'],
  ['supported_models_override = "z-image"\n', 'supported_models_override takes a list of strings in quotes'],
])('%j is refused with what stands there instead', (lines, problem) => {
  expect(failure(`${LEAST}${lines}`).message).toContain(problem);
});

test('an empty optional text counts as absent', () => {
  const config = read(`${LEAST}worker_id = ""\nauth_token = ""\nmodels_root = ""\n`);
  expect(config).not.toHaveProperty('worker_id');
  expect(config.models_root).toBe('/home/pat/models');
});

test('a threshold without a point is read, and saved with one', () => {
  const config = read(LEAST.replace('6.5', '8'));
  expect(config.vram_threshold_gb).toBe(8);
  expect(patchText(LEAST, { vram_threshold_gb: config.vram_threshold_gb })).toContain('vram_threshold_gb = 8.0\n');
});

test('a home sign is expanded where it leads and nowhere else', () => {
  const root = (text: string, folders = FOLDERS) => read(`${LEAST}models_root = '${text}'`, folders).models_root;
  expect(root('~/models')).toBe('/home/pat/models');
  expect(root('~')).toBe('/home/pat');
  expect(root('~\\models', { homeDir: 'C:\\Users\\pat', tempDir: 'C:\\T' })).toBe('C:\\Users\\pat\\models');
  expect(root('/a/~/b')).toBe('/a/~/b');
  expect(root('~pat/models')).toBe('~pat/models');
});

test('without a home the models go to the temporary folder', () => {
  expect(read(LEAST, { homeDir: '', tempDir: '/scratch' }).models_root).toBe('/scratch/studio-worker-models');
});

test('a broken file is shown with line, column and caret', () => {
  const error = failure('api_base_url = "https://studio.lan"\nvram_threshold_gb = 12,0\nauto_start = true\n');
  expect(error).toMatchObject({ code: 'config.invalid', fields: { path: PATH, line: 2 } });
  expect(error.message).toStartWith(`${PATH}:2:`);
  expect(error.message).toContain('1 | api_base_url = "https://studio.lan"\n2 | vram_threshold_gb = 12,0\n');
  expect(error.message).toMatch(/\n {2}\| +\^\n3 \| auto_start = true$/);
  expect(error.hint).toBe(
    'Correct line 2. Or rename the file: the worker then makes a new one, and asks a studio for approval again.',
  );
});

for (const [what, line, takes] of [
  ['a text where a number belongs', 'outbox_max_gb = "a lot"', 'outbox_max_gb takes a number, 0 or more'],
  ['a negative amount', 'outbox_max_gb = -1.0', 'outbox_max_gb takes a number, 0 or more'],
  ['an endless amount', 'outbox_max_gb = inf', 'outbox_max_gb takes a number, 0 or more'],
  ['a port that is none', 'local_api_port = 70000', 'local_api_port takes a whole number from 0 to 65535'],
  ['memory with a point', 'memory_max_gb = 24.5', 'memory_max_gb takes a whole number from 4 to 1024'],
  ['less memory than none', 'memory_max_gb = -8', 'memory_max_gb takes a whole number from 4 to 1024'],
  ['memory in quotes', 'memory_max_gb = "32"', 'memory_max_gb takes a whole number from 4 to 1024'],
  ['more memory than is counted', 'memory_max_gb = 4294967296', 'memory_max_gb takes a whole number from 4 to 1024'],
  ['a number with a point', 'stop_grace_secs = 1.5', 'stop_grace_secs takes a whole number from 0 to 4294967295'],
  ['a text for a switch', 'auto_enabled = "yes"', 'auto_enabled takes `true` or `false`'],
] as const) {
  test(`${what} is refused with the place and what is allowed`, () => {
    const { message } = failure(`${LEAST}${line}\n`);
    expect(message).toStartWith(`${PATH}:3:${line.indexOf('=') + 3}: ${takes}\n`);
    expect(message).toContain(`3 | ${line}\n`);
  });
}

test('a refusal names everything that is wrong with a file, misspelt keys too', () => {
  const text = `${LEAST}auto_enable = false\noutbox_max_gb = "lots"\nkeep_warm_secs = -1\n`;
  const { message } = failure(text);
  expect(message).toStartWith(`${PATH}:3:1: auto_enable is not a key of the config; did you mean auto_enabled?\n`);
  expect(message).toContain(`\n${PATH}:4:17: outbox_max_gb takes a number, 0 or more\n`);
  expect(message).toEndWith(`\n${PATH}:5:18: keep_warm_secs takes a whole number from 0 to 4294967295`);
});

test('a misspelt key alone refuses no file', () => {
  expect(read(`${LEAST}auto_enable = false\n`).auto_enabled).toBe(true);
});

/** Ways to break a file that holds a token, from the operator's keyboard. */
const BREAKAGES: readonly ((secret: string) => string)[] = [
  (secret) => `auth_token = "${secret}\n`,
  (secret) => `auth_token = ${secret}\n`,
  (secret) => `auth_token "${secret}"\n`,
  (secret) => `auth_token = 5 # ${secret}\n`,
  (secret) => `auth_tokn = "${secret}\n`,
  (secret) => `# ${secret}\nbroken\n`,
  (secret) => `registration_secret = """\n${secret}\n`,
  (secret) => `local_api_token = "a"\nlocal_api_token = "${secret}"\n`,
  (secret) => `vram_threshold_gb = 1 auth_token = "${secret}"\n`,
  (secret) => `auth_token = ["${secret}"]\n`,
  (secret) => `[auth_token]\nx = "${secret}"\n`,
  (secret) => `auth_token = "${secret}"\nauto_start = maybe\n`,
];

test('however a file is broken, its secrets are not shown', () => {
  const secret = fc.stringMatching(/^[0-9a-z]{12,64}$/);
  fc.assert(
    fc.property(secret, fc.constantFrom(...BREAKAGES), fc.boolean(), (text, breakage, first) => {
      const error = failure(first ? breakage(text) + LEAST : LEAST + breakage(text));
      expect(`${error.message} ${error.hint} ${JSON.stringify(error.fields)} ${String(error.cause)}`).not.toContain(
        text,
      );
    }),
  );
});

test('a first file explains each key, and reads back as the defaults', () => {
  const text = freshText({});
  expect(text).toStartWith('# URL of the studio this worker serves.\napi_base_url = "https://studio.minis.gg/"\n');
  expect(text).toContain(
    '\n# Largest GPU-memory estimate of a job that the studio may offer. In GiB.\nvram_threshold_gb = 12.0\n',
  );
  expect(text).toContain('\nauto_update_interval_secs = 1800\n');
  expect(text).toContain('\nmodels_root = "~/models"\n');
  expect(read(text)).toEqual(read(`api_base_url = "https://studio.minis.gg/"\nvram_threshold_gb = 12.0`));
});

test('the printed config has the path first and no secret', () => {
  const config = read(`${LEAST}auth_token = "hunter2"\nregistration_secret = "hunter3"\nlocal_api_token = "hunter4"\n`);
  const printed = renderConfig(PATH, config);
  expect(printed).toStartWith(`# ${PATH}\napi_base_url = "https://studio.lan"\n`);
  expect(printed).toContain('auth_token = "[redacted]"\n');
  expect(printed).toContain('vram_threshold_gb = 6.5\n');
  expect(printed).not.toContain('hunter');
});

for (const bad of ['to ken', 'to\\nken', 't\\u00F6ken', 'to\\u0000ken', '\\u007F']) {
  test(`a token written "${bad}" is refused, because no header could carry it`, () => {
    const error = failure(`${LEAST}auth_token = "${bad}"\n`);
    expect(error).toMatchObject({ code: 'config.invalid', fields: { line: 3 } });
    expect(error.message).toStartWith(`${PATH}:3:14: auth_token takes visible ASCII`);
    expect(error.message).not.toContain(bad);
  });
}

test('a URL is printed without what may be a secret in it', () => {
  const config = read('api_base_url = "http://ada:S3CRET@localhost/?k=S3CRET"\nvram_threshold_gb = 1\n');
  const printed = renderConfig(PATH, config) + JSON.stringify(shownFacts(config));
  expect(printed).toContain('api_base_url = "http://localhost/"');
  expect(printed).not.toContain('S3CRET');
});

test('a broken file shows no URL that may hold a secret', () => {
  const { message } = failure('api_base_url = "http://localhost/?k=S3CRET"\nvram_threshold_gb = = 1\n');
  expect(message).not.toContain('S3CRET');
});

const aTime = fc.constantFrom('00:00', '07:30', '22:00');
const aWindow = fc.record(
  {
    days: fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1 }),
    from: aTime,
    to: fc.constantFrom('08:15', '23:59', '24:00'),
    time_zone: fc.constantFrom('UTC', 'Europe/Amsterdam'),
  },
  { requiredKeys: ['from', 'to'] },
);
const maxOf = (expects: string): number => Number(/ to (\d+)$/.exec(expects)?.[1]);
const valueOf = (key: (typeof KEYS)[number]): fc.Arbitrary<ConfigValue> => {
  const type: KeyType = (specOf(key) ?? CONFIG_KEYS.worker_id).type;
  if (type.expects.startsWith('a list')) return fc.array(fc.string({ unit: 'grapheme' }));
  if (type.expects.startsWith('a table')) return fc.dictionary(fc.constantFrom(...TASK_KIND_IDS), fc.boolean());
  if (type.shape === 'windows') return fc.array(aWindow);
  if (type.expects.startsWith('a string') || type.expects.startsWith('a path'))
    return fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `/${text}`);
  if (type.expects.startsWith('visible')) return fc.stringMatching(/^[!-~]{1,40}$/);
  if (type.expects.startsWith('a whole'))
    return fc.integer({ min: type.range?.min ?? 0, max: Math.min(65_535, maxOf(type.expects)) });
  if (type.expects.startsWith('a number')) return fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
  const options = [...type.expects.matchAll(/"(\w+)"/g)].map(([, option = '']) => option);
  return options.length > 0 ? fc.constantFrom(...options) : fc.boolean();
};
const patches = fc.record(Object.fromEntries(KEYS.map((key) => [key, valueOf(key)])), {
  requiredKeys: [],
}) as fc.Arbitrary<ConfigPatch>;

test('whatever is saved is what is loaded', () => {
  fc.assert(
    fc.property(patches, fc.constantFrom(LEAST, freshText({}), `${LEAST}[tray]\nx = 1\n`), (patch, text) => {
      const expected: object = { ...read(text), ...patch };
      expect<object>(read(patchText(text, patch))).toEqual(expected);
    }),
  );
});

test('a key taken out of the file has its default again', () => {
  const text = patchText(LEAST, { outbox_max_gb: 9, worker_id: 'w1' });
  expect(read(patchText(text, { outbox_max_gb: undefined, worker_id: undefined }))).toEqual(read(LEAST));
});

test('every key has a sentence, and every secret is known as one', () => {
  const rows = configRows();
  expect(rows.filter((row) => !/^[A-Z].*\.$/.test(row.sentence))).toEqual([]);
  expect(rows.filter((row) => row.secret).map((row) => row.key)).toEqual([
    'local_api_token',
    'bootstrap_token',
    'auth_token',
    'registration_secret',
  ]);
  expect(rows.find((row) => row.key === 'vram_threshold_gb')).toEqual({
    key: 'vram_threshold_gb',
    sentence: 'Largest GPU-memory estimate of a job that the studio may offer.',
    default: '12',
    unit: 'GiB',
    secret: false,
    applies: 'live',
  });
});

test.each([0, 3, 1025, 4_294_967_295])(
  'a memory ceiling of %d is not used: the default is, with a warning',
  (value) => {
    const warnings: unknown[] = [];
    const config = readConfig(
      `${LEAST}memory_max_gb = ${value}\n`,
      PATH,
      FOLDERS,
      (problem) => void warnings.push(problem),
    );
    expect(config.memory_max_gb).toBe(32);
    const because = 'memory_max_gb takes a whole number from 4 to 1024; 32 is used';
    expect(warnings).toEqual([{ key: 'memory_max_gb', value, because }]);
  },
);

test('a memory ceiling is shown and written without a decimal point', () => {
  const text = patchText(`${LEAST}memory_max_gb = 4\n`, { memory_max_gb: 1024, worker_id: 'w-1' });
  expect(text).toContain('\nmemory_max_gb = 1024\n');
  expect(renderConfig(PATH, read(text))).toContain('\nmemory_max_gb = 1024\n');
  expect(freshText({})).toContain('\nmemory_max_gb = 32\n');
});
