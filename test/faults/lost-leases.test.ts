import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createQueue, getJson, listKeys, sendMessage } from '../helpers/cloud.ts';
import type { Fault } from '../helpers/fault-proxy.ts';
import { until } from '../helpers/until.ts';
import { type FaultLab, openFaultLab } from './fault-lab.ts';

jest.setTimeout(120_000);

describe('a lease', () => {
  let lab: FaultLab;

  beforeAll(async () => {
    lab = await openFaultLab();
  });

  afterEach(() => lab.reset());

  afterAll(() => lab.close());

  it.each<[string, Fault]>([
    ['fails', { status: 500, code: 'InternalFailure' }],
    ['hangs', { hang: true }],
    ['says that the receipt handle is invalid', { status: 400, code: 'ReceiptHandleIsInvalid' }],
  ])(
    'whose renewal %s is given up: the job aborts and the other worker’s result stands',
    async (name, fault) => {
      const jobId = `renewal-${name.replaceAll(' ', '-')}`;
      const queue = await createQueue(lab.cloud, jobId, 10);
      await sendMessage(lab.cloud, queue.url, lab.job(jobId));
      lab.proxy.rule = ({ operation }) => (operation === 'ChangeMessageVisibility' ? fault : null);
      const cutOff = lab.startBehindProxy(queue.url, { analysis: { steps: 100_000 } });
      await until(() => cutOff.all('analysing').length >= 1);
      // It competes no more for the message: the other one, which does not go through the proxy, gets it when it is lost.
      lab.proxy.rule = ({ operation }) => {
        if (operation === 'ReceiveMessage') return { status: 500, code: 'InternalFailure' };
        return operation === 'ChangeMessageVisibility' ? fault : null;
      };
      const other = lab.start(queue.url, { visibilityTimeoutSeconds: 30 });
      await until(() => other.all('ended').length === 1);

      expect(cutOff.all('ended').length).toBeGreaterThanOrEqual(1);
      expect(new Set(cutOff.all('ended').map(({ outcome }) => outcome))).toEqual(new Set(['released']));
      expect(other.all('ended')).toMatchObject([{ jobId, outcome: 'completed' }]);
      expect(await getJson(lab.cloud, `detections/${jobId}.json`)).toMatchObject({ status: 'completed' });
      await cutOff.kill('SIGKILL');
      await until(() => lab.isEmpty(queue.url));
      expect(new Set(lab.callbacksOf(jobId).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(await listKeys(lab.cloud, `detections/.journal/${jobId}/`)).toEqual([]);
    },
  );
});
