/** Starts the application. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { APP_CONFIG, type AppConfig } from './config.js';

// Signatures are made over the bytes of the body: Nest must keep them.
const app = await NestFactory.create(AppModule, { rawBody: true });
app.enableShutdownHooks();
await app.listen(app.get<AppConfig>(APP_CONFIG).port);
console.log(`listening at ${await app.getUrl()}`);
