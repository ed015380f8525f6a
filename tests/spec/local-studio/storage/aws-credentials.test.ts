import { expect, test } from 'bun:test';
import { credentialsFile, profileIn } from '../../../../src/local-studio/storage/aws-credentials.ts';

const FILE = `# keys
[default]
aws_access_key_id = AKIA1
aws_secret_access_key=s=1

[work]
AWS_ACCESS_KEY_ID = AKIA2
aws_secret_access_key = s2
aws_session_token = t2
region = eu-central-1
[half]
aws_access_key_id = AKIA3
`;

test('the default profile of a credentials file has its key', () => {
  expect(profileIn(FILE, 'default')).toEqual({
    credentials: { accessKeyId: 'AKIA1', secretAccessKey: 's=1', sessionToken: undefined },
    region: undefined,
  });
});

test('a named profile has its own key, token and region', () => {
  expect(profileIn(FILE.replaceAll('\n', '\r\n'), 'work')).toEqual({
    credentials: { accessKeyId: 'AKIA2', secretAccessKey: 's2', sessionToken: 't2' },
    region: 'eu-central-1',
  });
});

test('half a key and an unknown profile are no credentials', () => {
  for (const profile of ['half', 'none']) expect(profileIn(FILE, profile).credentials).toBeUndefined();
});

test('a key in the environment comes before any file', () => {
  const fileOf = (variables: Readonly<Record<string, string>>) =>
    credentialsFile((name) => variables[name], '/home/me');
  expect(fileOf({})).toBe('/home/me/.aws/credentials');
  expect(fileOf({ AWS_SHARED_CREDENTIALS_FILE: '/keys' })).toBe('/keys');
  expect(fileOf({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SHARED_CREDENTIALS_FILE: '/keys' })).toBeUndefined();
});
