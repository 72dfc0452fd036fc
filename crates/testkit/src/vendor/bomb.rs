//! Small answers that become large ones.

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::write::GzEncoder;
use flate2::{Compression, FlushCompress};

const MEBIBYTE: usize = 1 << 20;
/// How much a bomb becomes.
const BLOCKS: usize = 512;

/// A mebibyte of zeros in deflate, made so that it can be repeated within one stream.
static BLOCK: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut deflate = flate2::Compress::new(Compression::best(), false);
    let mut block = Vec::with_capacity(64 * 1024);
    let zeros = vec![0; MEBIBYTE];
    let status = deflate.compress_vec(&zeros, &mut block, FlushCompress::Full);
    assert!(status.is_ok() && deflate.total_in() == MEBIBYTE as u64);
    block
});

/// One gzip member of half a gigabyte.
pub(crate) fn gzip() -> Vec<u8> {
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    [&head[..], &BLOCK.repeat(BLOCKS)].concat()
}

/// One zlib stream of half a gigabyte.
pub(super) fn deflate() -> Vec<u8> {
    [&[0x78, 0x9c][..], &BLOCK.repeat(BLOCKS)].concat()
}

/// A zstd frame of blocks that say "the same byte, 128 KiB of it".
pub(super) fn zstd() -> Vec<u8> {
    // Magic number, a descriptor without a content size, a window of 128 MiB.
    let head = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88];
    let block: u32 = (128 * 1024) << 3 | 1 << 1;
    let block = [&block.to_le_bytes()[..3], &[0]].concat();
    [&head[..], &block.repeat(8 * BLOCKS)].concat()
}

/// 64 MiB of zeros in brotli, as `zlib.brotliCompressSync` of Node makes them.
pub(super) fn brotli() -> Vec<u8> {
    let hex = "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffe\
        ffffc13f0110870500baf77ffcffff837f02200e0b0074effff8ffff07ff04401c1600e8defff1ffff0f\
        fe0980382c00d0bdffcbffff3ffc130071";
    let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
    let bytes = hex.as_bytes().chunks_exact(2);
    bytes
        .map(|two| digit(two[0]) << 4 | digit(two[1]))
        .collect()
}

/// Gzip within gzip.
pub(super) fn double() -> Vec<u8> {
    let mut inner = GzEncoder::new(Vec::new(), Compression::fast());
    inner.write_all(b"{}").expect("a vector takes everything");
    let inner = inner.finish().expect("a vector takes everything");
    let mut outer = GzEncoder::new(Vec::new(), Compression::fast());
    outer.write_all(&inner).expect("a vector takes everything");
    outer.finish().expect("a vector takes everything")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_bomb_is_small_and_becomes_large() {
        let bomb = gzip();
        assert!(bomb.len() < MEBIBYTE, "{}", bomb.len());
        let mut decoded = vec![1; 8 * MEBIBYTE];
        let mut decoder = flate2::read::GzDecoder::new(&bomb[..]);
        decoder.read_exact(&mut decoded).unwrap();
        assert!(decoded.iter().all(|byte| *byte == 0));
        let bomb = deflate();
        let mut decoder = flate2::read::ZlibDecoder::new(&bomb[..]).take(8 << 20);
        assert_eq!(decoder.read_to_end(&mut decoded).unwrap(), 8 << 20);
    }
}
