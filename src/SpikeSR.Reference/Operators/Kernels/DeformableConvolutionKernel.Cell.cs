using System.Numerics;

namespace SpikeSR.Reference.Operators.Kernels;

/// <content>What is kept of the cells that a block of pixels samples.</content>
internal static unsafe partial class DeformableConvolutionKernel
{
    /// <summary>Where the numbers of a cell lie, from the place of its pixel: a number of all pixels of a block, then the next.</summary>
    private static class Cell
    {
        /// <summary>The position, downwards.</summary>
        public const int Y = 0 * PixelBlock;

        /// <summary>The position, across.</summary>
        public const int X = 1 * PixelBlock;

        /// <summary>The upper corners' row if all four corners lie in the image, else -1.</summary>
        public const int Top = 2 * PixelBlock;

        /// <summary>The left corners' column.</summary>
        public const int Left = 3 * PixelBlock;

        /// <summary>y - floor y.</summary>
        public const int Ly = 4 * PixelBlock;

        /// <summary>x - floor x.</summary>
        public const int Lx = 5 * PixelBlock;

        /// <summary>1 - ly.</summary>
        public const int Hy = 6 * PixelBlock;

        /// <summary>1 - lx.</summary>
        public const int Hx = 7 * PixelBlock;

        /// <summary>The upper left corner's weight.</summary>
        public const int Weight00 = 8 * PixelBlock;

        /// <summary>The upper right corner's weight.</summary>
        public const int Weight01 = 9 * PixelBlock;

        /// <summary>The lower left corner's weight.</summary>
        public const int Weight10 = 10 * PixelBlock;

        /// <summary>The lower right corner's weight.</summary>
        public const int Weight11 = 11 * PixelBlock;

        /// <summary>From a tap's cells to the next.</summary>
        public const int Length = 12 * PixelBlock;
    }

    /// <summary>The first channels of a cell's four pixels; those outside the image are a row of zeros.</summary>
    private readonly struct Corners<T>(T* v00, T* v01, T* v10, T* v11)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public readonly T* V00 = v00;
        public readonly T* V01 = v01;
        public readonly T* V10 = v10;
        public readonly T* V11 = v11;
    }
}
