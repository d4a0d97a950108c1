/** Puts videos into the emulator, which takes bodies of at most 11 MiB, as S3 takes large objects: in parts. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** S3's least size of a part but the last is 5 MiB. */
const PART_BYTES = 8 * 1024 * 1024;

export async function upload(s3: S3Client, bucket: string, key: string, body: Uint8Array): Promise<void> {
  const object = { Bucket: bucket, Key: key };
  if (body.length <= PART_BYTES) {
    await s3.send(new PutObjectCommand({ ...object, Body: body }));
    return;
  }
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
  const Parts: Array<{ PartNumber: number; ETag: string | undefined }> = [];
  for (let start = 0; start < body.length; start += PART_BYTES) {
    const part = { ...object, UploadId, PartNumber: Parts.length + 1 };
    const Body = body.subarray(start, start + PART_BYTES);
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body }));
    Parts.push({ PartNumber: part.PartNumber, ETag });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
}
