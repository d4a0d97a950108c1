/** The demultiplexer, mediabunny, as every thread uses it: silent, and for the containers that ffmpeg may take as well. */
import { Input, Logging, LogLevel, MATROSKA, MP4, MPEG_TS, QTFF, type Source, WEBM } from 'mediabunny';

// What it does not understand is no trouble here, and its warnings would stand between our own lines on stderr.
Logging.level = LogLevel.Silent;

/** Nothing is read before the input is asked. */
export function demultiplex(source: Source): Input {
  return new Input({ source, formats: [MP4, QTFF, MATROSKA, WEBM, MPEG_TS] });
}
