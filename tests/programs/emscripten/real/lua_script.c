// Lua as a library: runs the script on standard input, with functions of its own and errors caught.
// modes: O1 O2 wasm-longjmp
// flags: -sALLOW_MEMORY_GROWTH
// sources: lua-src 548.1.1 lua-5.4.8/*.c
// include: lua-src 548.1.1 lua-5.4.8
// stdin-file: lua_script.lua
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>

static int add(lua_State *lua) {
    lua_pushinteger(lua, luaL_checkinteger(lua, 1) + luaL_checkinteger(lua, 2));
    return 1;
}
static int refuse(lua_State *lua) { return luaL_error(lua, "refused by the host: %s", luaL_checkstring(lua, 1)); }
static int twice(lua_State *lua) {
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    for (int i = 0; i < 2; i++) {
        lua_pushvalue(lua, 1);
        lua_pushinteger(lua, i);
        lua_call(lua, 1, 0);
    }
    return 0;
}

int main(void) {
    lua_State *lua = luaL_newstate();
    luaL_openlibs(lua);
    lua_register(lua, "host_add", add);
    lua_register(lua, "host_refuse", refuse);
    lua_register(lua, "host_twice", twice);
    if (luaL_loadfile(lua, NULL) || lua_pcall(lua, 0, 1, 0)) {
        printf("failed: %s\n", lua_tostring(lua, -1));
        return 1;
    }
    printf("the script returns %lld\n", (long long)lua_tointeger(lua, -1));
    lua_settop(lua, 0);
    int status = luaL_dostring(lua, "local t = nil; return t.field");
    printf("%d: %s\n", status, lua_tostring(lua, -1));
    status = luaL_dostring(lua, "this is not Lua");
    printf("%d: %s\n", status, lua_tostring(lua, -1));
    lua_close(lua);
    return 0;
}
