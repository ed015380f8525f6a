import { expect, test } from 'bun:test';
import { serviceVariables } from '../../../src/service/variables.ts';

const shell = (variables: Readonly<Record<string, string>>) => (name: string) => variables[name];
const given = {
  PATH: '/usr/bin',
  HTTPS_PROXY: 'http://proxy.test:3128',
  STUDIO_WORKER_STUDIO_TOKEN: 'of the operator',
  SSH_AUTH_SOCK: '/tmp/agent',
  HTTP_PROXY: '',
  CUDA_CACHE_PATH: '/fast/cuda',
};

test('a service inherits PATH and proxies, but not the operator token', () => {
  expect(serviceVariables({ platform: 'darwin', get: shell(given) }, '/cache')).toEqual({
    PATH: '/usr/bin',
    HTTPS_PROXY: 'http://proxy.test:3128',
  });
});

test('driver caches move to a writable folder unless set already', () => {
  expect(serviceVariables({ platform: 'linux', get: shell(given) }, '/cache')).toMatchObject({
    CUDA_CACHE_PATH: '/fast/cuda',
    MESA_SHADER_CACHE_DIR: '/cache/mesa',
    __GL_SHADER_DISK_CACHE_PATH: '/cache/gl',
  });
});

test('a task of Windows gets the variables of its account from Windows', () => {
  expect(serviceVariables({ platform: 'win32', get: shell(given) }, 'C:\\cache')).toEqual({});
});
