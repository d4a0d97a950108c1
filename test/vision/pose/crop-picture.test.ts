import { describe, expect, it } from '@jest/globals';
import { cropPicture } from '../../../src/vision/pose/crop-picture.ts';
import { paint } from '../../helpers/pictures.ts';

const image = paint(10, 8, (x, y) => [x, y, 0]);

describe('a crop', () => {
  it('holds the pixels under the box, grown to whole ones', () => {
    const crop = cropPicture(image, { x: 2.5, y: 3, width: 2, height: 1.2 });
    expect(crop).toMatchObject({ left: 2, top: 3, image: { width: 3, height: 2 } });
    expect(crop?.image.data).toEqual(paint(3, 2, (x, y) => [x + 2, y + 3, 0]).data);
  });

  it('ends where the picture ends', () => {
    const crop = cropPicture(image, { x: -5, y: 6, width: 7, height: 100 });
    expect(crop).toMatchObject({ left: 0, top: 6, image: { width: 2, height: 2 } });
  });

  it('is null outside the picture', () => {
    expect(cropPicture(image, { x: 20, y: 0, width: 5, height: 5 })).toBeNull();
    expect(cropPicture(image, { x: 1, y: -9, width: 5, height: 5 })).toBeNull();
  });
});
