//! What Zig programs ask of their library: files, folders, time, sorting, formatting, errors, an exit status.

const std = @import("std");
const Io = std.Io;

const words = [_][]const u8{ "pear", "apple", "fig", "date", "cherry", "banana" };

fn before(_: void, left: []const u8, right: []const u8) bool {
    return std.mem.order(u8, left, right) == .lt;
}

fn files(io: Io, gpa: std.mem.Allocator, work: Io.Dir, out: *Io.Writer) !void {
    try work.createDirPath(io, "tree/a/b");
    for (words) |word| {
        const path = try std.fmt.allocPrint(gpa, "tree/a/{s}.txt", .{word});
        defer gpa.free(path);
        try work.writeFile(io, .{ .sub_path = path, .data = word });
    }
    const tree = try work.openDir(io, "tree", .{ .iterate = true });
    defer tree.close(io);
    var names: std.ArrayList([]const u8) = .empty;
    defer {
        for (names.items) |name| gpa.free(name);
        names.deinit(gpa);
    }
    var walker = try tree.walk(gpa);
    defer walker.deinit();
    while (try walker.next(io)) |entry| try names.append(gpa, try gpa.dupe(u8, entry.path));
    std.mem.sort([]const u8, names.items, {}, before);
    for (names.items) |name| try out.print("{s} ", .{name});
    const text = try work.readFileAlloc(io, "tree/a/fig.txt", gpa, .unlimited);
    defer gpa.free(text);
    const status = try work.statFile(io, "tree/a/banana.txt", .{});
    try out.print("| {s}, {d} bytes\n", .{ text, status.size });
    try work.rename("tree/a/fig.txt", work, "tree/fig", io);
    if (work.openFile(io, "tree/a/fig.txt", .{})) |_| unreachable else |err| try out.print("{t}\n", .{err});
    if (work.deleteDir(io, "tree")) |_| unreachable else |err| try out.print("{t}\n", .{err});
    try work.deleteTree(io, "tree");
}

pub fn main(init: std.process.Init) !u8 {
    const io = init.io;
    var buffer: [256]u8 = undefined;
    var stdout = Io.File.stdout().writer(io, &buffer);
    const out = &stdout.interface;
    const arguments = try init.minimal.args.toSlice(init.arena.allocator());
    try out.print("{d} arguments, the last is {s}; {s}\n", .{
        arguments.len, arguments[arguments.len - 1], init.environ_map.get("GREETING") orelse "no greeting",
    });
    try files(io, init.gpa, init.preopens.get("/work").?.dir, out);
    const start = Io.Clock.awake.now(io);
    try io.sleep(.fromMilliseconds(2), .awake);
    const passed = start.durationTo(Io.Clock.awake.now(io));
    try out.print("slept: {}\n", .{passed.toMilliseconds() >= 2});
    try out.print("{d:>8.3}|{s:<6}|{d:0>5}|0x{x}|{e}\n", .{ @sqrt(2.0), "ab", 42, 48879, 1234.5 });
    try out.print("{d}\n", .{std.fmt.parseInt(u8, "256", 10) catch 0});
    try out.flush();
    std.debug.print("done\n", .{});
    return 3;
}
