using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <content>Bilinear sampling of the columns, and its gradients.</content>
internal static unsafe partial class DeformableConvolutionKernel
{
    /// <summary>
    /// Samples columns in the layout [group][tap][channel of the group]. Corners outside the image read a row of zeros, which is multiplied as the definition does.
    /// </summary>
    private readonly struct Sampler<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly ConvolutionSettings _settings;
        private readonly int _offsetGroups;
        private readonly int _height;
        private readonly int _width;
        private readonly int _channels;
        private readonly int _rows;
        private readonly int _columns;
        private readonly int _taps;
        private readonly int _offsetStride;
        private readonly int _maskStride;
        private readonly int* _positions;
        private readonly T* _x;
        private readonly T* _offset;
        private readonly T* _mask;
        private readonly T* _zeros;

        public Sampler(
            ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Shape weight, Shape y, Workspace.Scope scope)
            : this(settings, offsetGroups, x, offset.Pointer, offset.Shape[3], mask.Pointer, mask.IsAbsent ? 0 : mask.Shape[3], weight, y, scope)
        {
        }

        /// <summary>The same with offsets and mask at any distance from pixel to pixel.</summary>
        public Sampler(
            ConvolutionSettings settings,
            int offsetGroups,
            TensorView<T> x,
            T* offset,
            int offsetStride,
            T* mask,
            int maskStride,
            Shape weight,
            Shape y,
            Workspace.Scope scope)
        {
            (_settings, _offsetGroups, _offsetStride, _maskStride) = (settings, offsetGroups, offsetStride, maskStride);
            (_height, _width, _channels) = (x.Shape[1], x.Shape[2], x.Shape[3]);
            (_rows, _columns, _taps) = (y[1], y[2], weight[2] * weight[3]);
            _x = x.Pointer;
            _offset = offset;
            _mask = mask;
            _zeros = scope.RentCleared<T>(new Shape(_channels)).Pointer;
            var offsets = scope.Rent<int>(weight[1], _taps);
            for (var k = 0; k < offsets.Length; k++)
            {
                offsets.Span[k] = (k % _taps * weight[1]) + (k / _taps);
            }

            Offsets = offsets.Pointer;
            _positions = scope.Rent<int>(_taps, 2).Pointer;
            for (var tap = 0; tap < _taps; tap++)
            {
                _positions[2 * tap] = (tap / weight[3] * settings.Dilation) - settings.Padding;
                _positions[(2 * tap) + 1] = (tap % weight[3] * settings.Dilation) - settings.Padding;
            }
        }

        /// <summary>Numbers in the columns of a pixel.</summary>
        public int Width => _channels * _taps;

        /// <summary>Where the k-th factor, k = (channel, tap), stands in a group's columns.</summary>
        public int* Offsets { get; }

        /// <summary>Writes the columns of pixels [first, first + count).</summary>
        public void Sample<TLane>(int first, int count, T* columns)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var block = _channels / _offsetGroups;
            for (var pixel = first; pixel < first + count; pixel++)
            {
                var (n, p, q) = Convolution.Unravel(pixel, _rows, _columns);
                for (var tap = 0; tap < _taps; tap++)
                {
                    for (var offsetGroup = 0; offsetGroup < _offsetGroups; offsetGroup++)
                    {
                        var at = (offsetGroup * _taps) + tap;
                        var cell = Locate(n, p, q, tap, _offset + ((nint)pixel * _offsetStride) + (2 * at));
                        var modulation = _mask is null ? T.One : _mask[((nint)pixel * _maskStride) + at];
                        var c = offsetGroup * block;
                        while (c < (offsetGroup + 1) * block)
                        {
                            var column = Column(columns, tap, c, block, out var end);
                            for (; c <= end - TLane.Width; c += TLane.Width, column += TLane.Width)
                            {
                                TLane.Store(column, cell.Sample<TLane>(c) * TLane.Broadcast(modulation));
                            }

                            for (; c < end; c++, column++)
                            {
                                LaneScalar<T>.Store(column, cell.Sample<LaneScalar<T>>(c) * LaneScalar<T>.Broadcast(modulation));
                            }
                        }
                    }
                }

                columns += Width;
            }
        }

        /// <summary>
        /// For pixels [first, first + count): writes the columns again, sums the gradients by offset and mask, and scatters that by the input,
        /// ascending by pixel, then tap, then corner.
        /// </summary>
        public void Backward<TLane>(int first, int count, T* gradColumns, T* columns, T* terms, T* gradX, T* gradOffset, T* gradMask)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var block = _channels / _offsetGroups;
            for (var pixel = first; pixel < first + count; pixel++)
            {
                var (n, p, q) = Convolution.Unravel(pixel, _rows, _columns);
                for (var tap = 0; tap < _taps; tap++)
                {
                    for (var offsetGroup = 0; offsetGroup < _offsetGroups; offsetGroup++)
                    {
                        var at = ((((nint)pixel * _offsetGroups) + offsetGroup) * _taps) + tap;
                        var cell = Locate(n, p, q, tap, _offset + (2 * at));
                        var modulation = _mask is null ? T.One : _mask[at];
                        var c = offsetGroup * block;
                        while (c < (offsetGroup + 1) * block)
                        {
                            var column = Column(columns, tap, c, block, out var end);
                            var gradColumn = gradColumns + (column - columns);
                            for (; c <= end - TLane.Width; c += TLane.Width, column += TLane.Width, gradColumn += TLane.Width)
                            {
                                cell.Backward<TLane>(c, modulation, gradColumn, column, terms, _channels, gradX);
                            }

                            for (; c < end; c++, column++, gradColumn++)
                            {
                                cell.Backward<LaneScalar<T>>(c, modulation, gradColumn, column, terms, _channels, gradX);
                            }
                        }

                        var own = terms + (offsetGroup * block);
                        gradOffset[2 * at] = FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Elements<T>>(new(own, _channels), 0, block);
                        gradOffset[(2 * at) + 1] = FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Elements<T>>(new(own, _channels), 1, block);
                        if (gradMask is not null)
                        {
                            gradMask[at] = FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Elements<T>>(new(own, _channels), 2, block);
                        }
                    }
                }

                columns += Width;
                gradColumns += Width;
            }
        }

        // Where channel c of a tap stands in a pixel's columns, and up to which channel its neighbours stand beside it: to the end of the group and of the
        // offset group. Without groups nothing is divided.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private T* Column(T* columns, int tap, int c, int block, out int end)
        {
            if (_settings.Groups == 1)
            {
                end = _offsetGroups == 1 ? _channels : c + block;
                return columns + (tap * _channels) + c;
            }

            var (group, channelsInGroup) = (c / (_channels / _settings.Groups), _channels / _settings.Groups);
            end = Math.Min(((c / block) + 1) * block, (group + 1) * channelsInGroup);
            return columns + (((group * _taps) + tap - group) * channelsInGroup) + c;
        }

        // The cell that a tap of output pixel (n, p, q) samples, its offset being (dy, dx); positions are compared as numbers before they become integers.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Cell<T> Locate(int n, int p, int q, int tap, T* offset)
        {
            var y = T.CreateTruncating((p * _settings.Stride) + _positions[2 * tap]) + offset[0];
            var x = T.CreateTruncating((q * _settings.Stride) + _positions[(2 * tap) + 1]) + offset[1];
            var (floorY, floorX) = (T.Floor(y), T.Floor(x));
            var (lowY, lowX) = (y - floorY, x - floorX);
            var (top, left) = (double.CreateTruncating(floorY), double.CreateTruncating(floorX));
            var (isTop, isBottom) = (top >= 0 && top < _height, top + 1 >= 0 && top + 1 < _height);
            var (isLeft, isRight) = (left >= 0 && left < _width, left + 1 >= 0 && left + 1 < _width);
            var upper = isTop || isBottom ? ((nint)n * _height) + (int)top : 0;
            var corner = isLeft || isRight ? ((upper * _width) + (int)left) * _channels : 0;
            return new Cell<T>(
                _x,
                _zeros,
                lowY,
                lowX,
                isTop && isLeft ? corner : -1,
                isTop && isRight ? corner + _channels : -1,
                isBottom && isLeft ? corner + ((nint)_width * _channels) : -1,
                isBottom && isRight ? corner + (((nint)_width + 1) * _channels) : -1);
        }
    }

    /// <summary>A cell of four pixels, the position within it and what follows for its corners.</summary>
    private readonly struct Cell<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly nint _at00;
        private readonly nint _at01;
        private readonly nint _at10;
        private readonly nint _at11;
        private readonly T* _v00;
        private readonly T* _v01;
        private readonly T* _v10;
        private readonly T* _v11;
        private readonly T _lowY;
        private readonly T _lowX;
        private readonly T _highY;
        private readonly T _highX;

        /// <summary>Makes a cell; offsets of corners outside the image are -1.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Cell(T* x, T* zeros, T lowY, T lowX, nint at00, nint at01, nint at10, nint at11)
        {
            (_at00, _at01, _at10, _at11) = (at00, at01, at10, at11);
            _v00 = at00 >= 0 ? x + at00 : zeros;
            _v01 = at01 >= 0 ? x + at01 : zeros;
            _v10 = at10 >= 0 ? x + at10 : zeros;
            _v11 = at11 >= 0 ? x + at11 : zeros;
            (_lowY, _lowX, _highY, _highX) = (lowY, lowX, T.One - lowY, T.One - lowX);
        }

        /// <summary>The bilinear form at channel c and its neighbours.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane Sample<TLane>(int c)
            where TLane : unmanaged, ILane<TLane, T> => Sample(TLane.Load(_v00 + c), TLane.Load(_v01 + c), TLane.Load(_v10 + c), TLane.Load(_v11 + c));

        /// <summary>
        /// Writes the column, the terms of the gradients by y, x and mask [3, channels], and adds to gradX: all at channel c and its neighbours.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Backward<TLane>(int c, T modulation, T* gradColumn, T* column, T* terms, int channels, T* gradX)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var v00 = TLane.Load(_v00 + c);
            var v01 = TLane.Load(_v01 + c);
            var v10 = TLane.Load(_v10 + c);
            var v11 = TLane.Load(_v11 + c);
            var sample = Sample(v00, v01, v10, v11);
            var g = TLane.Load(gradColumn);
            var gradSample = g * TLane.Broadcast(modulation);
            var slopeY = TLane.FusedMultiplyAdd(TLane.Broadcast(_lowX), v11 - v01, TLane.Broadcast(_highX) * (v10 - v00));
            var slopeX = TLane.FusedMultiplyAdd(TLane.Broadcast(_lowY), v11 - v10, TLane.Broadcast(_highY) * (v01 - v00));
            TLane.Store(column, sample * TLane.Broadcast(modulation));
            TLane.Store(terms + c, gradSample * slopeY);
            TLane.Store(terms + channels + c, gradSample * slopeX);
            TLane.Store(terms + ((nint)2 * channels) + c, g * sample);
            Scatter(gradX, _at00, c, _highY * _highX, gradSample);
            Scatter(gradX, _at01, c, _highY * _lowX, gradSample);
            Scatter(gradX, _at10, c, _lowY * _highX, gradSample);
            Scatter(gradX, _at11, c, _lowY * _lowX, gradSample);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Scatter<TLane>(T* gradX, nint at, int c, T weight, TLane g)
            where TLane : unmanaged, ILane<TLane, T>
        {
            if (at >= 0)
            {
                TLane.Store(gradX + at + c, TLane.FusedMultiplyAdd(TLane.Broadcast(weight), g, TLane.Load(gradX + at + c)));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private TLane Sample<TLane>(TLane v00, TLane v01, TLane v10, TLane v11)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var sum = TLane.Broadcast(_highY * _highX) * v00;
            sum = TLane.FusedMultiplyAdd(TLane.Broadcast(_highY * _lowX), v01, sum);
            sum = TLane.FusedMultiplyAdd(TLane.Broadcast(_lowY * _highX), v10, sum);
            return TLane.FusedMultiplyAdd(TLane.Broadcast(_lowY * _lowX), v11, sum);
        }
    }
}
