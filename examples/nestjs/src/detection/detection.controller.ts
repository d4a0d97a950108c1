/** What users of this application call: ask for a detection, see how it stands, read whom it found. */
import { randomUUID } from 'node:crypto';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import { ContractError } from 'clipping-worker/contract';
import { APP_CONFIG, type AppConfig } from '../config.js';
import { DetectionQueue } from './detection-queue.js';
import { type Detection, Detections } from './detections.js';
import { ResultReader } from './result-reader.js';

interface DetectionRequest {
  readonly video_s3_key: string;
  readonly frame_interval_seconds?: number;
}

@Controller('detections')
export class DetectionController {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(DetectionQueue) private readonly queue: DetectionQueue,
    @Inject(Detections) private readonly detections: Detections,
    @Inject(ResultReader) private readonly results: ResultReader,
  ) {}

  @Post()
  @HttpCode(202)
  async request(
    // Undefined where the request has no JSON: refused like a body that names no video.
    @Body() { video_s3_key = '', frame_interval_seconds }: Partial<DetectionRequest> = {},
  ): Promise<Detection> {
    const jobId = randomUUID();
    // Known before it is sent: the webhook may be faster than the queue's answer.
    const detection = this.detections.add(jobId);
    try {
      await this.queue.enqueue({
        job_id: jobId,
        video_s3_key,
        frame_interval_seconds,
        callback_url: `${this.config.publicUrl}/webhooks/detection`,
      });
    } catch (error) {
      this.detections.forget(jobId);
      throw error instanceof ContractError ? new BadRequestException(error.message) : error;
    }
    return detection;
  }

  @Get(':jobId')
  status(@Param('jobId') jobId: string): Detection {
    const detection = this.detections.find(jobId);
    if (detection === undefined) throw new NotFoundException(`there is no detection ${jobId}`);
    return detection;
  }

  /** The people in the video: one row for each face and each body that was followed. */
  @Get(':jobId/tracks')
  async tracks(@Param('jobId') jobId: string) {
    const { ending } = this.status(jobId);
    if (ending?.status !== 'completed') throw new NotFoundException(`${jobId} has no result (yet)`);
    const result = await this.results.read(ending.result);
    return result.status === 'completed' ? result.tracks : [];
  }
}
