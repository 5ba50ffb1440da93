import COpenSSL

/// Room on the disk for what will be written to an open file.
package enum DiskRoom {
    /// Takes blocks for these bytes, also behind the end of the file, whose size stays as it is
    /// (`fallocate`, `FALLOC_FL_KEEP_SIZE`). The error number; 0 when the blocks are there.
    package static func keep(_ file: Int32, offset: Int, count: Int) -> Int32 {
        ocmgate_keep_room(file, Int64(offset), Int64(count))
    }
}
