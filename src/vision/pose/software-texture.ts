/**
 * Stands in for the WebGL2 context that MediaPipe's bundle asks for even when it computes on the processor: there it only carries the
 * picture, as a texture that is written once and read once. Follows the calls version 0.10.35 makes.
 */

/** Numbers of the OpenGL ES 3 specification. */
const GL = {
  TEXTURE_2D: 0x0de1,
  RGBA: 0x1908,
  UNSIGNED_BYTE: 0x1401,
  UNPACK_FLIP_Y_WEBGL: 0x9240,
  MAX_TEXTURE_IMAGE_UNITS: 0x8869,
  VERSION: 0x1f02,
  RENDERER: 0x1f01,
  VENDOR: 0x1f00,
  SHADING_LANGUAGE_VERSION: 0x8b8c,
  FRAMEBUFFER_COMPLETE: 0x8cd5,
  ALREADY_SIGNALED: 0x911a,
} as const;

const PARAMETERS: Readonly<Record<number, string | number>> = {
  [GL.MAX_TEXTURE_IMAGE_UNITS]: 16,
  [GL.VERSION]: 'WebGL 2.0',
  [GL.RENDERER]: 'software',
  [GL.VENDOR]: 'software',
  [GL.SHADING_LANGUAGE_VERSION]: 'WebGL GLSL ES 3.00',
};

/** Four bytes a pixel: red, green, blue, alpha. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

interface Texture {
  image: RgbaImage | null;
}

interface Framebuffer {
  texture: Texture | null;
}

/** What the bundle takes for a canvas. */
export interface SoftwareCanvas {
  readonly width: number;
  readonly height: number;
  /** The bundle's name for "no workaround for old Safari is needed". */
  readonly getContextSafariWebGL2Fixed: true;
  readonly getContext: () => object;
}

const nothing = () => undefined;

/** A canvas whose context stores textures in memory and draws nothing. */
export function softwareCanvas(): SoftwareCanvas {
  let bound: Texture | null = null;
  let framebuffer: Framebuffer | null = null;

  const context = {
    TEXTURE_2D: GL.TEXTURE_2D,
    RGBA: GL.RGBA,
    UNSIGNED_BYTE: GL.UNSIGNED_BYTE,
    UNPACK_FLIP_Y_WEBGL: GL.UNPACK_FLIP_Y_WEBGL,
    canvas: {} as SoftwareCanvas,
    currentPixelPackBufferBinding: 0,
    getContextAttributes: () => ({
      alpha: true,
      depth: true,
      premultipliedAlpha: true,
      powerPreference: 'high-performance',
    }),
    getSupportedExtensions: () => [],
    getExtension: () => null,
    getError: () => 0,
    isContextLost: () => false,
    getParameter: (name: number) => PARAMETERS[name] ?? 0,
    texParameteri: nothing,
    pixelStorei: nothing,
    activeTexture: nothing,
    flush: nothing,
    finish: nothing,

    createTexture: (): Texture => ({ image: null }),
    deleteTexture: (texture: Texture | null) => {
      if (texture !== null) texture.image = null;
    },
    bindTexture: (_target: number, texture: Texture | null) => {
      bound = texture;
    },
    /** The form with six arguments, whose last is the picture. */
    texImage2D: (...args: readonly unknown[]) => {
      if (args.length !== 6 || bound === null) throw new Error('unexpected use of texImage2D');
      bound.image = args[5] as RgbaImage;
    },

    createFramebuffer: (): Framebuffer => ({ texture: null }),
    deleteFramebuffer: nothing,
    bindFramebuffer: (_target: number, chosen: Framebuffer | null) => {
      framebuffer = chosen;
    },
    framebufferTexture2D: (_target: number, _attachment: number, _kind: number, texture: Texture | null) => {
      if (framebuffer !== null) framebuffer.texture = texture;
    },
    checkFramebufferStatus: () => GL.FRAMEBUFFER_COMPLETE,
    /** Reads the whole of the texture that hangs at the framebuffer. */
    readPixels: (
      x: number,
      y: number,
      width: number,
      height: number,
      format: number,
      type: number,
      target: Uint8Array,
      offset = 0,
    ) => {
      const image = framebuffer?.texture?.image;
      const isWhole = x === 0 && y === 0 && width === image?.width && height === image.height;
      if (!image || !isWhole || format !== GL.RGBA || type !== GL.UNSIGNED_BYTE) {
        throw new Error('unexpected use of readPixels');
      }
      target.set(image.data.subarray(0, width * height * 4), offset);
    },

    fenceSync: () => ({}),
    deleteSync: nothing,
    clientWaitSync: () => GL.ALREADY_SIGNALED,
    waitSync: nothing,
  };
  const canvas = {
    width: 1,
    height: 1,
    getContextSafariWebGL2Fixed: true,
    getContext: () => context,
  } as const;
  context.canvas = canvas;
  return canvas;
}
