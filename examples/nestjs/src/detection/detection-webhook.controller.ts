/** Receives the worker's webhooks: proves where they come from, and handles each event once. */
import type { IncomingMessage } from 'node:http';
import {
  BadRequestException,
  Controller,
  HttpCode,
  Inject,
  Logger,
  Post,
  type RawBodyRequest,
  Req,
  UnauthorizedException,
} from '@nestjs/common';
import {
  ContractError,
  parseDetectionEvent,
  type VerifiedWebhook,
  verifyWebhook,
} from 'clipping-worker/contract';
import { APP_CONFIG, type AppConfig } from '../config.js';
import { Detections } from './detections.js';

@Controller('webhooks/detection')
export class DetectionWebhookController {
  private readonly logger = new Logger(DetectionWebhookController.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(Detections) private readonly detections: Detections,
  ) {}

  /** Any 2xx tells the worker that the event has arrived; after anything else it is sent again. */
  @Post()
  @HttpCode(204)
  receive(@Req() request: RawBodyRequest<IncomingMessage>): void {
    const { rawBody = Buffer.alloc(0) } = request;
    const { id } = this.verify(request, rawBody);
    const event = orBadRequest(() => parseDetectionEvent(rawBody));
    const outcome = this.detections.end(id, event);
    this.logger.log(`${event.type} of ${event.data.job_id} ${outcome} (${id})`);
  }

  private verify(request: IncomingMessage, rawBody: Buffer): VerifiedWebhook {
    try {
      return verifyWebhook(request.headers, rawBody, this.config.webhookSecrets);
    } catch (error) {
      if (error instanceof ContractError) throw new UnauthorizedException(error.message);
      throw error;
    }
  }
}

function orBadRequest<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof ContractError ? new BadRequestException(error.message) : error;
  }
}
