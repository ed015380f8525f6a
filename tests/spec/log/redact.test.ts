import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { toJsonText } from '../../../src/log/json-text.ts';
import { createRedactor, REDACTED } from '../../../src/log/redact.ts';

const SECRET = 'wkr_9f8e7d6c5b4a';

function setup(...secrets: readonly string[]) {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.learn(secret);
  return redactor;
}

describe('by the name of a field', () => {
  const names = [
    'auth_token',
    'authToken',
    'AUTH-TOKEN',
    'registration_secret',
    'registrationSecret',
    'local_api_token',
    'bootstrap_token',
    'Authorization',
    'token',
    'secret',
    'dsn',
    'SENTRY_DSN',
    'password',
    'set-cookie',
    'x-api-key',
  ];
  test.each(names)('a field called %s is blanked however it is nested', (name) => {
    const fields = { config: { list: [{ [name]: SECRET, apiBaseUrl: 'https://studio' }] } };
    expect(setup().redact(fields)).toEqual({ config: { list: [{ [name]: REDACTED, apiBaseUrl: 'https://studio' }] } });
  });

  test('counts and words that only sound like a token stay readable', () => {
    const fields = { maxTokens: 512, prompt_tokens: 3, tokenizer: 'tokenizer.json', hasToken: true, token: null };
    expect(setup().redact(fields)).toBe(fields);
  });

  test('a secret that is an object or a number goes as a whole', () => {
    expect(setup().redact({ token: { part: 'one' }, secret: 123_456 })).toEqual({ token: REDACTED, secret: REDACTED });
  });
});

describe('by the text of a known secret', () => {
  test('a learnt secret is blanked inside an error text and a URL', () => {
    const redact = setup(SECRET);
    expect(redact.redact({ error: `401 for ${SECRET}`, url: `https://studio/x?t=${SECRET}&y=1` })).toEqual({
      error: `401 for ${REDACTED}`,
      url: `https://studio/x?t=${REDACTED}&y=1`,
    });
  });

  test('an error keeps its shape and loses the secret in message, stack and cause', () => {
    const error = new Error(`outer ${SECRET}`, { cause: new AggregateError([new Error(SECRET)], 'inner') });
    const text = toJsonText(setup(SECRET).redact({ error }));
    expect(text).toContain(`"message":"outer ${REDACTED}"`);
    expect(text).not.toContain(SECRET);
  });

  test('a known secret is redacted in URL-encoded and JSON text', () => {
    const odd = 'p"a/s s\\w+rd';
    const redactor = setup(odd);
    expect(redactor.redactText(`?t=${encodeURIComponent(odd)}`)).toBe(`?t=${REDACTED}`);
    expect(redactor.redactText(JSON.stringify({ odd }))).toBe(`{"odd":"${REDACTED}"}`);
  });

  test('a secret is found in names, dates, URLs, maps and sets', () => {
    const fields = {
      [SECRET]: 1,
      url: new URL(`https://studio/${SECRET}`),
      map: new Map([['a', SECRET]]),
      set: new Set([SECRET]),
      written: { toJSON: () => SECRET },
      at: new Date(0),
    };
    const clean = setup(SECRET).redact(fields);
    expect(toJsonText(clean)).not.toContain(SECRET);
    expect(clean).toMatchObject({ at: '1970-01-01T00:00:00.000Z' });
  });

  test('of two secrets that share a beginning the longer one goes as a whole', () => {
    expect(setup('abcd', 'abcdefgh').redactText('x abcdefgh y')).toBe(`x ${REDACTED} y`);
  });

  test('a text where the cut itself would spell a secret is blanked entirely', () => {
    expect(setup('[redacted]x', 'hidden').redactText('hiddenx')).toBe(REDACTED);
  });

  test('a secret too short to be one does not blank ordinary words', () => {
    expect(setup('a', '').redactText('a banana')).toBe('a banana');
  });
});

test('a bearer header and the user part of a URL need not be known', () => {
  expect(setup().redactText('sent authorization: bearer abc.DEF-1=')).toBe(`sent authorization: ${REDACTED}`);
  expect(setup(SECRET).redactText('proxy http://me:pw@proxy:8080/')).toBe(`proxy http://${REDACTED}@proxy:8080/`);
});

test.each([
  [
    'https://s3.example/m?X-Amz-Credential=AKIA%2Fx&X-Amz-Signature=0a1b',
    'https://s3.example/m?X-Amz-Credential=[redacted]&X-Amz-Signature=[redacted]',
  ],
  ['https://blob.example/m?sv=2024&sig=a%2Bb%3D&se=1', 'https://blob.example/m?sv=2024&sig=[redacted]&se=1'],
  ['GET https://cdn.example/m?access_token=abcd "x"', 'GET https://cdn.example/m?access_token=[redacted] "x"'],
  ['GET /v1?key=AIza-x_y returned 403', 'GET /v1?key=[redacted] returned 403'],
])('the signature in %s need not be known, and all else stays', (text, clean) => {
  const redactor = setup();
  expect(redactor.redactText(text)).toBe(clean);
  expect(redactor.redactText(clean)).toBe(clean);
});

test('words that are no parameters of a URL stay as they are', () => {
  const redactor = setup();
  for (const text of ['keep the key=value pairs', '?keyboard=de', 'what is sig?', 'a?b=c&tokens=5']) {
    expect(redactor.redactText(text)).toBe(text);
  }
});

test('fields without a secret come back as the very same object', () => {
  const fields = { jobId: 'job-1', sizeBytes: 3, at: { deep: ['text', null, undefined, 4n] } };
  expect(setup(SECRET).redact(fields)).toBe(fields);
});

test('a circle is followed once and stays a circle', () => {
  const ring: Record<string, unknown> = { secret: SECRET };
  ring.self = ring;
  const clean = setup(SECRET).redact(ring);
  expect(clean.secret).toBe(REDACTED);
  expect(clean.self).toBe(clean);
});

test('what is too deep or throws when read is left out rather than trusted', () => {
  let deep: Record<string, unknown> = { note: SECRET };
  for (let level = 0; level < 5_000; level++) deep = { deep };
  expect(toJsonText(setup(SECRET).redact(deep))).not.toContain(SECRET);
  const hostile = {
    get trap(): string {
      throw new Error(SECRET);
    },
  };
  expect(setup(SECRET).redact(hostile)).toEqual({ unreadable: true });
});

describe('never leaks', () => {
  const secret = fc
    .stringMatching(/^[\w+/="\\ .~-]{8,40}$/)
    .filter((text) => text.trim().length >= 8 && !REDACTED.includes(text));

  test('whatever holds a learnt secret, its text never contains it afterwards', () => {
    fc.assert(
      fc.property(secret, fc.object({ maxDepth: 4, withDate: true }), fc.string(), (hidden, around, before) => {
        const fields = { ...around, error: `${before}${hidden}`, list: [{ cause: new Error(hidden) }, around] };
        expect(toJsonText(setup(hidden).redact(fields))).not.toContain(JSON.stringify(hidden).slice(1, -1));
      }),
    );
  });

  test('whatever is logged under a secret name never shows, learnt or not', () => {
    const name = fc.constantFrom('auth_token', 'authToken', 'registrationSecret', 'Authorization', 'localApiToken');
    fc.assert(
      fc.property(secret, name, fc.dictionary(fc.string(), fc.integer()), (hidden, key, around) => {
        const text = toJsonText(setup().redact({ ...around, inner: [{ [key]: `>>>${hidden}` }] }));
        expect(text).not.toContain('>>>');
      }),
    );
  });

  test('fields that hold nothing secret are never changed', () => {
    // Letters in names would now and then spell one that is secret, such as `dsn`.
    const stringUnit = fc.constantFrom('0', '9', '.', ' ', '"', '\\', '\n', 'ä', 'λ', '語', '😀');
    const innocent = fc.dictionary(
      fc.constantFrom('jobId', 'error', 'model', 'list'),
      fc.jsonValue({ maxDepth: 3, stringUnit }),
    );
    fc.assert(
      fc.property(innocent, (fields) => {
        expect(toJsonText(setup('\u{10FFFF}never-there\u{10FFFF}').redact(fields))).toBe(toJsonText(fields));
      }),
    );
  });
});

describe('of what is too long to keep', () => {
  test('a text of a megabyte keeps its beginning and is marked as cut', () => {
    const fields = { jobId: 'x'.repeat(1_000_000), nested: { why: ['y'.repeat(5_000)] } };
    const { jobId, nested } = setup().redact(fields) as typeof fields;
    expect(jobId).toMatch(/^x{4000,4096}… \[cut\]$/);
    expect(nested.why[0]).toHaveLength(4_096);
  });

  test('a list keeps its first items and is marked as cut', () => {
    const { features } = setup().redact({ features: Array.from({ length: 100_000 }, (_, at) => at) }) as {
      features: readonly unknown[];
    };
    expect(features).toHaveLength(100);
    expect(features.slice(97)).toEqual([97, 98, '… [cut]']);
  });

  test('what was cut once is not cut again', () => {
    const once = setup().redact({ text: 'x'.repeat(10_000), list: Array.from({ length: 500 }, () => 1) });
    expect(setup().redact(once)).toBe(once);
  });

  test('a secret across the cut leaves no half of it behind', () => {
    const text = `${'x'.repeat(4_085)}${SECRET}${'y'.repeat(100)}`;
    expect(toJsonText(setup(SECRET).redact({ text }))).not.toContain(SECRET.slice(0, 4));
  });
});

test('no sentence is about a field that is blanked by its name', () => {
  const folder = 'src/log/sentences';
  const source = readdirSync(folder)
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
    .join('');
  const names = new Set([...source.matchAll(/\bf\.(\w+)/g)].map(([, name = '']) => name));
  expect(names.size).toBeGreaterThan(50);
  const redactor = createRedactor();
  expect([...names].filter((name) => redactor.redact({ [name]: 'a fact' })[name] !== 'a fact')).toEqual([]);
});
