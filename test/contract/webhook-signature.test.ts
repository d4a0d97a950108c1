import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { ContractError } from '../../src/contract/contract-error.ts';
import { signWebhook, verifyWebhook } from '../../src/contract/webhook-signature.ts';

/** The vector of the specification's own libraries (github.com/standard-webhooks/standard-webhooks, libraries/javascript). */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  sentAt: new Date(1_614_265_330_000),
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

function newSecret(bytes = 32): string {
  return `whsec_${randomBytes(bytes).toString('base64')}`;
}

function signedVector(): Record<string, string> {
  return { ...signWebhook(VECTOR.id, VECTOR.sentAt, VECTOR.body, [VECTOR.secret]) };
}

function rejection(
  headers: Record<string, string>,
  body: string,
  secrets: string | string[],
  now: Date,
): string {
  try {
    verifyWebhook(headers, body, secrets, { now });
  } catch (error) {
    return (error as ContractError).code;
  }
  return 'accepted';
}

describe('a signature', () => {
  it('is the one of the published vector', () => {
    expect(signedVector()).toEqual({
      'webhook-id': VECTOR.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': VECTOR.signature,
    });
  });

  it('is verified by the standardwebhooks package, and the other way round', () => {
    const secret = newSecret();
    const now = new Date();
    const body = '{"type":"detection.completed","note":"größer €"}';
    const ours = { ...signWebhook('evt_1', now, body, [secret]) };
    expect(new Webhook(secret).verify(body, ours)).toEqual(JSON.parse(body));

    const theirs = { ...ours, 'webhook-signature': new Webhook(secret).sign('evt_1', now, body) };
    expect(verifyWebhook(theirs, body, secret)).toEqual({
      id: 'evt_1',
      sentAt: new Date(Math.floor(now.getTime() / 1000) * 1000),
    });
  });

  it('is made with every secret, so that a receiver may know only the old or only the new one', () => {
    const [older, newer, other] = [newSecret(24), newSecret(64), newSecret()];
    const headers = { ...signWebhook('evt_1', VECTOR.sentAt, 'x', [newer, older]) };
    expect(rejection(headers, 'x', older, VECTOR.sentAt)).toBe('accepted');
    expect(rejection(headers, 'x', [other, newer], VECTOR.sentAt)).toBe('accepted');
    expect(rejection(headers, 'x', other, VECTOR.sentAt)).toBe('WEBHOOK_SIGNATURE_REJECTED');
  });

  it('is absent without a secret', () => {
    expect(signWebhook('evt_1', VECTOR.sentAt, 'x', [])).not.toHaveProperty('webhook-signature');
  });
});

describe('verification', () => {
  it('takes headers of any case, fetch Headers, and bytes', () => {
    const upper = Object.fromEntries(Object.entries(signedVector()).map(([k, v]) => [k.toUpperCase(), v]));
    expect(verifyWebhook(upper, VECTOR.body, VECTOR.secret, { now: VECTOR.sentAt }).id).toBe(VECTOR.id);
    const fetched = new Headers(signedVector());
    const bytes = Buffer.from(VECTOR.body);
    expect(verifyWebhook(fetched, bytes, VECTOR.secret, { now: VECTOR.sentAt }).id).toBe(VECTOR.id);
  });

  it('finds the right signature among others and among other schemes', () => {
    const signature = `v1,AAAA v1a,${'A'.repeat(43)}= v2,x ${VECTOR.signature}`;
    const headers = { ...signedVector(), 'webhook-signature': signature };
    expect(rejection(headers, VECTOR.body, VECTOR.secret, VECTOR.sentAt)).toBe('accepted');
  });

  it.each([
    ['an altered body', {}, `${VECTOR.body} `],
    ['another id', { 'webhook-id': 'msg_other' }, VECTOR.body],
    ['another timestamp', { 'webhook-timestamp': '1614265331' }, VECTOR.body],
    ['half a signature', { 'webhook-signature': VECTOR.signature.slice(0, 20) }, VECTOR.body],
    [
      'a signature of another scheme',
      { 'webhook-signature': VECTOR.signature.replace('v1', 'v2') },
      VECTOR.body,
    ],
    ['a signature without scheme', { 'webhook-signature': VECTOR.signature.slice(3) }, VECTOR.body],
  ])('rejects %s', (_, headers, body) => {
    expect(rejection({ ...signedVector(), ...headers }, body, VECTOR.secret, VECTOR.sentAt)).toBe(
      'WEBHOOK_SIGNATURE_REJECTED',
    );
  });

  it.each([-301, 301])('rejects a webhook whose clock is %i seconds off', (seconds) => {
    const now = new Date(VECTOR.sentAt.getTime() + seconds * 1000);
    expect(rejection(signedVector(), VECTOR.body, VECTOR.secret, now)).toBe('WEBHOOK_TIMESTAMP_REJECTED');
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('needs the header %s', (name) => {
    const { [name]: _, ...headers } = signedVector();
    expect(rejection(headers, VECTOR.body, VECTOR.secret, VECTOR.sentAt)).toBe('WEBHOOK_HEADERS_INVALID');
  });

  it.each(['', '12.5', '-1', '1614265330s', '99999999999999'])(
    'needs whole seconds, not "%s"',
    (timestamp) => {
      const headers = { ...signedVector(), 'webhook-timestamp': timestamp };
      expect(rejection(headers, VECTOR.body, VECTOR.secret, VECTOR.sentAt)).toBe('WEBHOOK_HEADERS_INVALID');
    },
  );

  it.each([
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'whsec_short',
    newSecret(23),
    newSecret(65),
    'whsec_not base64 not base64 not base64 not base64',
  ])('refuses a secret that is none', (secret) => {
    expect(rejection(signedVector(), VECTOR.body, secret, VECTOR.sentAt)).toBe('SECRET_INVALID');
    expect(rejection(signedVector(), VECTOR.body, [], VECTOR.sentAt)).toBe('SECRET_INVALID');
  });
});
