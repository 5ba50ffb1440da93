import COpenSSL

/// Room on the disk for what will be written to an open file.
package enum DiskRoom {
    /// Takes blocks for these bytes, also behind the end of the file, whose size stays as it is
    /// (`fallocate`, `FALLOC_FL_KEEP_SIZE`). The error number; 0 when the blocks are there.
    package static func keep(_ file: Int32, offset: Int, count: Int) -> Int32 {
        ocmgate_keep_room(file, Int64(offset), Int64(count))
    }

    /// Bytes that are left on the file system of a path, where that one writes nothing in place (btrfs, ZFS,
    /// bcachefs) and so needs a block for each change; nil on any other, and where it cannot be known.
    package static func toCopy(at path: String) -> Int? {
        let count = unsafe ocmgate_room_to_copy(path)
        return count < 0 ? nil : Int(count)
    }
}
