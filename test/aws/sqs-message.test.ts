import { CreateQueueCommand, SendMessageCommand, type SendMessageCommandInput } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSqsClient } from '../../src/aws/clients.ts';
import { SqsMessage } from '../../src/aws/sqs-message.ts';
import { createQueue, REGION, receive, sendMessage, startCloud, type TestCloud } from '../helpers/cloud.ts';

const NEVER = new AbortController().signal;

describe('a message sent again', () => {
  let cloud: TestCloud;

  beforeAll(async () => {
    cloud = await startCloud();
  });

  afterAll(async () => {
    await cloud.stop();
  });

  it('is a new one of its group on a FIFO queue, however often and however soon', async () => {
    const url = `${cloud.endpoint}/000000000000/again.fifo`;
    await cloud.sqs.send(
      new CreateQueueCommand({ QueueName: 'again.fifo', Attributes: { FifoQueue: 'true' } }),
    );
    const group = { MessageGroupId: 'tenant-1', MessageDeduplicationId: 'once' };
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'hello', ...group }));
    for (let round = 0; round < 3; round++) {
      const [message, ...more] = await receive(cloud, url);
      expect(more).toEqual([]);
      expect(message).toMatchObject({
        Body: 'hello',
        Attributes: { MessageGroupId: 'tenant-1', ApproximateReceiveCount: '1' },
      });
      await new SqsMessage(cloud.sqs, url, 3, message ?? {}).resend(NEVER);
    }
  });

  it('is a new one also where it was sent again before and could not be deleted', async () => {
    const url = `${cloud.endpoint}/000000000000/undeleted.fifo`;
    await cloud.sqs.send(
      new CreateQueueCommand({ QueueName: 'undeleted.fifo', Attributes: { FifoQueue: 'true' } }),
    );
    const group = { MessageGroupId: 'tenant-1', MessageDeduplicationId: 'once' };
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'hello', ...group }));
    const [original] = await receive(cloud, url);
    await new SqsMessage(cloud.sqs, url, 3, original ?? {}).resend(NEVER);
    const [copy] = await receive(cloud, url);
    await new SqsMessage(cloud.sqs, url, 3, copy ?? {}).delete(NEVER);
    await new SqsMessage(cloud.sqs, url, 3, original ?? {}).resend(NEVER);
    expect(await receive(cloud, url)).toMatchObject([{ Body: 'hello' }]);
  });

  it('keeps its group on a standard queue, which refuses deduplication ids', async () => {
    const { url } = await createQueue(cloud, 'fair');
    await sendMessage(cloud, url, 'hello');
    const [message] = await receive(cloud, url);
    const sqs = createSqsClient({ region: REGION, endpointUrl: cloud.endpoint });
    const sent: SendMessageCommandInput[] = [];
    sqs.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'SendMessageCommand') sent.push(args.input as SendMessageCommandInput);
          return await next(args);
        },
      { step: 'initialize' },
    );
    // The emulator forgets the group of a message on a standard queue, which SQS keeps.
    const Attributes = { ...message?.Attributes, MessageGroupId: 'tenant-1' };
    await new SqsMessage(sqs, url, 3, { ...message, Attributes }).resend(NEVER);
    sqs.destroy();
    expect(sent).toMatchObject([{ MessageBody: 'hello', MessageGroupId: 'tenant-1' }]);
    expect(sent[0]).not.toHaveProperty('MessageDeduplicationId');
    expect(await receive(cloud, url)).toMatchObject([
      { Body: 'hello', Attributes: { ApproximateReceiveCount: '1' } },
    ]);
  });
});
