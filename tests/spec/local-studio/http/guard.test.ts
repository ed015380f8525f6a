import { expect, test } from 'bun:test';
import { OPERATOR_ROUTES } from '../../../../src/contract/operator/routes.ts';
import { SCOPES, type Scope } from '../../../../src/contract/operator/tokens.ts';
import { type Credential, judge, type Need, needOf, sees } from '../../../../src/local-studio/http/access/guard.ts';

const NOW = Date.UTC(2026, 4, 25, 12);
const NEEDS: readonly Need[] = ['operator', ...SCOPES];

const aToken = (scopes: readonly Scope[], about: { project?: string; expiresAt?: number } = {}): Credential => ({
  is: 'project',
  project: about.project ?? 'p',
  scopes,
  tokenId: 'swp_5f0c1b2a',
  tokenName: undefined,
  expiresAt: about.expiresAt,
});

/** What each credential is told about a thing of project `p`, by what it takes to have it. */
const TABLE: readonly (readonly [title: string, Credential, Readonly<Record<Need, string>>])[] = [
  ['the operator', { is: 'operator', by: 'token' }, all('allowed')],
  ['the dashboard', { is: 'operator', by: 'dashboard' }, all('allowed')],
  ['nobody', { is: 'nothing' }, all('unauthorized')],
  ['a removed or invented token', { is: 'unknown' }, all('unauthorized')],
  ['an expired token', aToken(SCOPES, { expiresAt: NOW }), all('unauthorized')],
  ['a token that expires later', aToken(SCOPES, { expiresAt: NOW + 1 }), { ...all('allowed'), operator: 'forbidden' }],
  ['a token with every scope', aToken(SCOPES), { ...all('allowed'), operator: 'forbidden' }],
  ['a token that may create', aToken(['create']), { ...all('forbidden'), create: 'allowed' }],
  ['a token that may read', aToken(['read']), { ...all('forbidden'), read: 'allowed' }],
  ['a token that may read figures', aToken(['metrics']), { ...all('forbidden'), metrics: 'allowed' }],
  ['a token that may operate', aToken(['operate']), { ...all('forbidden'), operate: 'allowed' }],
  ['a token of another project', aToken(SCOPES, { project: 'q' }), { ...all('not-found'), operator: 'forbidden' }],
];

function all(told: string): Readonly<Record<Need, string>> {
  return { operator: told, create: told, read: told, operate: told, metrics: told };
}

/** What is decided about the caller, and then about the project. */
function toldOf(need: Need, credential: Credential): string {
  const verdict = judge({ need, credential, now: NOW });
  if (verdict.is === 'refused') return verdict.error;
  return sees(verdict.caller, 'p') ? 'allowed' : 'not-found';
}

for (const [title, credential, told] of TABLE) {
  for (const need of NEEDS) {
    test(`where ${need} is needed, ${title} is ${told[need]}`, () => {
      expect(toldOf(need, credential)).toBe(told[need]);
    });
  }
}

test('a refusal says what is wrong with the token, and never its secret', () => {
  const told = (need: Need, credential: Credential): string => {
    const verdict = judge({ need, credential, now: NOW });
    return verdict.is === 'refused' ? verdict.message : '';
  };
  const expiresAt = NOW - 1;
  expect(told('read', aToken(['read'], { expiresAt }))).toBe('token swp_5f0c1b2a expired at 2026-05-25T11:59:59.999Z');
  expect(told('operate', aToken(['create', 'read']))).toBe(
    'token swp_5f0c1b2a has the scopes create and read, and this needs operate',
  );
  expect(told('read', aToken(['metrics']))).toBe('token swp_5f0c1b2a has the scope metrics, and this needs read');
  expect(told('operator', aToken(SCOPES))).toContain('this needs the operator token');
  expect(told('create', { is: 'nothing' })).toContain("a project's token with the scope create");
});

test('a route that nobody opened to projects is the operator’s', () => {
  expect(needOf(OPERATOR_ROUTES.approve)).toBe('operator');
  expect(needOf({ method: 'GET', path: '/admin/anything/new' })).toBe('operator');
  expect(needOf(OPERATOR_ROUTES.cancelJob)).toBe('operate');
});
