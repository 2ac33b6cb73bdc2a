/** Single fields, listeners and tokens that are refused. */
import { describe, expect, test } from 'vitest';
import { ConfigDirectory, type Refusal, SPARE } from './config-directory.ts';

const KEY = ['keyStores', 0, 'keys', 'foo'];
const FIELDS: readonly Refusal[] = [
  {
    title: 'an unknown field that is close to a known one',
    changes: [[['proxy', 'prot'], 1]],
    problems: [
      'proxy.prot is not a known field; expected one of host, port, reusePort, tls, dangerPlainHttp, fleetSize, limits, deadlines; did you mean port?',
    ],
  },
  {
    title: 'an unknown field that is close to none',
    changes: [[['zebra'], 1]],
    problems: [
      'zebra is not a known field; expected one of proxy, metrics, control, stateDir, log, invocations, tokens, keyStores, kms; remove it',
    ],
  },
  {
    title: 'a PIN that is missing',
    changes: [[['tokens', 0, 'pin'], undefined]],
    problems: [
      'tokens[0].pin is missing; expected { file: <path> }, { env: <variable name> }, or a text in quotes',
    ],
  },
  {
    title: 'a section that is missing',
    changes: [[['tokens'], undefined]],
    problems: ['tokens is missing; expected a list of 1 to 64 entries'],
  },
  {
    title: 'a section that is empty',
    changes: [[['metrics'], null]],
    problems: ['metrics is empty; expected a mapping with the fields host, port; fill it in or remove it'],
  },
  {
    title: 'a list where a mapping belongs',
    changes: [[['log'], ['info']]],
    problems: ['log is a list of 1 entry; expected a mapping with the fields level'],
  },
  {
    title: 'a truth value where a number belongs',
    changes: [[['proxy', 'fleetSize'], true]],
    problems: ['proxy.fleetSize is true; expected a whole number from 1 to 10000'],
  },
  {
    title: 'X-43: a fleet of none',
    changes: [[['proxy', 'fleetSize'], 0]],
    problems: ['proxy.fleetSize is 0; expected a whole number from 1 to 10000'],
  },
  {
    title: 'a port out of range',
    changes: [[['proxy', 'port'], 65_536]],
    problems: ['proxy.port is 65536; expected a whole number from 0 to 65535'],
  },
  {
    title: 'a port in quotes',
    changes: [[['proxy', 'port'], '8080']],
    problems: ['proxy.port is a text; expected a whole number from 0 to 65535; remove the quotes'],
  },
  {
    title: 'a body limit below what AWS KMS may send',
    changes: [[['proxy', 'limits', 'bodyBytes'], 32_767]],
    problems: ['proxy.limits.bodyBytes is 32767; expected a whole number from 32768 to 1048576'],
  },
  {
    title: 'an unknown word, with the nearest known one',
    changes: [[['log', 'level'], 'warning']],
    problems: ['log.level is "warning"; expected one of error, warn, info, debug'],
  },
  {
    title: 'a misspelt word',
    changes: [[['keyStores', 0, 'status'], 'DISABLE']],
    problems: ['keyStores[0].status is "DISABLE"; expected one of ENABLED, DISABLED; did you mean DISABLED?'],
  },
  {
    title: 'a number that should be a text',
    changes: [[[...KEY, 'kcv'], 123456]],
    problems: [
      'keyStores[0].keys.foo.kcv is a number; expected 6 hex digits, in quotes if they look like a number; put it in quotes',
    ],
  },
  {
    title: 'a long text, cut',
    changes: [[['keyStores', 0, 'regions', 0], 'x'.repeat(61)]],
    problems: [`keyStores[0].regions[0] is "${'x'.repeat(60)}…"; expected a Region code such as eu-west-1`],
  },
];

const LISTENERS: readonly Refusal[] = [
  {
    title: 'X-01 X-03: plain HTTP on an address that others can reach',
    changes: [[['proxy', 'host'], '0.0.0.0']],
    problems: [
      'proxy.tls is missing, and 0.0.0.0 can be reached from other machines; expected TLS (certFile and keyFile), because AWS KMS calls over HTTPS only; add it, listen on 127.0.0.1, or set dangerPlainHttp: true if a load balancer in front terminates TLS',
    ],
  },
  {
    title: 'X-61: a client CA without subjects',
    changes: [[['proxy', 'tls'], { certFile: 'pin', keyFile: 'pin', clientCaFile: 'pin' }]],
    problems: [
      'proxy.tls.clientSubjects is missing next to clientCaFile; expected the names that client certificates must carry; add it; without it any certificate of that CA would be let in',
    ],
  },
  {
    title: 'X-61: client subjects without a CA',
    changes: [[['proxy', 'tls'], { certFile: 'pin', keyFile: 'pin', clientSubjects: ['a.example'] }]],
    problems: [
      'proxy.tls.clientCaFile is missing next to clientSubjects; expected a PEM file with the roots of client certificates; add it; without it anybody could claim those names',
    ],
  },
  {
    title: 'mistake 10: a client subject with a wildcard',
    changes: [
      [
        ['proxy', 'tls'],
        { certFile: 'pin', keyFile: 'pin', clientCaFile: 'pin', clientSubjects: ['*.amazonaws.com'] },
      ],
    ],
    problems: [
      'proxy.tls.clientSubjects[0] is "*.amazonaws.com"; expected a full host name without wildcards, such as cks.kms.eu-west-1.amazonaws.com',
    ],
  },
  {
    title: 'X-61: a client subject with an empty label',
    changes: [
      [
        ['proxy', 'tls'],
        { certFile: 'pin', keyFile: 'pin', clientCaFile: 'pin', clientSubjects: ['cks.kms..amazonaws.com'] },
      ],
    ],
    problems: [
      'proxy.tls.clientSubjects[0] is "cks.kms..amazonaws.com"; expected a full host name without wildcards, such as cks.kms.eu-west-1.amazonaws.com',
    ],
  },
  {
    title: 'X-60: a certificate that is not there',
    changes: [[['proxy', 'tls'], { certFile: 'no.pem', keyFile: 'pin' }]],
    problems: [
      'proxy.tls.certFile names a file that does not exist (<directory>/no.pem); expected a PEM file; relative paths start at the directory of this file',
    ],
  },
  {
    title: 'deadlines in the wrong order',
    changes: [[['proxy', 'deadlines'], { tokenMs: 180, replyMs: 180 }]],
    problems: ['proxy.deadlines.tokenMs is 180; expected less than replyMs (180)'],
  },
  {
    title: 'two listeners on one address',
    changes: [[['metrics'], { port: 8080 }]],
    problems: ['metrics.port is 8080, as is proxy.port; expected a port of its own'],
  },
];

const TOKENS: readonly Refusal[] = [
  {
    title: 'a module without a slash',
    changes: [[['tokens', 0, 'module'], 'libsofthsm2.so']],
    problems: ['tokens[0].module is "libsofthsm2.so"; expected a path with a slash in it'],
  },
  {
    title: 'a module that is not there',
    changes: [[['tokens', 0, 'module'], './no.so']],
    problems: [
      'tokens[0].module names a file that does not exist (<directory>/no.so); expected the PKCS#11 module of the device; relative paths start at the directory of this file',
    ],
  },
  {
    title: 'a module that is a directory',
    changes: [[['tokens', 0, 'module'], './']],
    problems: [
      'tokens[0].module names a file that is not a regular file (<directory>); expected the PKCS#11 module of the device; relative paths start at the directory of this file',
    ],
  },
  {
    title: 'a token without label and serial',
    changes: [[['tokens', 0, 'token'], {}]],
    problems: ['tokens[0].token is a mapping; expected { label: <text> }, { serial: <text> }, or both'],
  },
  {
    title: 'a health key without label and id',
    changes: [[['tokens', 0, 'healthKey'], {}]],
    problems: [
      'tokens[0].healthKey is a mapping; expected a label in quotes, or { label: <text> }, { id: <hex> }, or both',
    ],
  },
  {
    title: 'a health key with a misspelt field',
    changes: [[['tokens', 0, 'healthKey'], { lable: 'h' }]],
    problems: [
      'tokens[0].healthKey.lable is not a known field; expected one of label, id, scheme; did you mean label?',
    ],
  },
  {
    title: 'nine hosts',
    changes: [[['tokens', 0, 'hosts'], 9]],
    problems: ['tokens[0].hosts is 9; expected a whole number from 1 to 8'],
  },
  {
    title: 'a second token of the same name',
    changes: [[['tokens', 1], { ...SPARE, name: 'soft' }]],
    problems: ['tokens[1].name is soft, as is tokens[0].name; expected a name of its own; rename one'],
  },
  {
    title: 'a second entry for the same token',
    changes: [
      [['tokens', 1], SPARE],
      [['tokens', 2], { ...SPARE, name: 'spare-again' }],
    ],
    problems: [
      'tokens[2].token names the same token as tokens[1]; expected one entry for each token; remove one; hosts adds processes',
    ],
  },
  {
    title: 'a variable name that is none',
    changes: [[['tokens', 0, 'env'], { 'A-B': 'x' }]],
    problems: [
      'tokens[0].env has a name in it that is not allowed (not shown: it may hold a secret); expected the name of an environment variable; rename it',
    ],
  },
];

describe('refused fields', () => {
  test.for(FIELDS)('$title', ({ changes, problems }) => {
    using directory = new ConfigDirectory();
    expect(directory.problems(...changes)).toEqual(problems);
  });
});

describe('refused listeners', () => {
  test.for(LISTENERS)('$title', ({ changes, problems }) => {
    using directory = new ConfigDirectory();
    expect(directory.problems(...changes)).toEqual(problems);
  });
});

describe('refused tokens', () => {
  test.for(TOKENS)('$title', ({ changes, problems }) => {
    using directory = new ConfigDirectory();
    expect(directory.problems(...changes)).toEqual(problems);
  });
});
